/** The interpreter, fetched and compiled while it is not known yet from what it starts. */

/** Begin, and let whoever instantiates it next have it. */
export function compileAhead(folder: URL | undefined): void {
  const { compileStreaming, instantiateStreaming, instantiate } = WebAssembly;
  if (!folder?.protocol.startsWith("http") || typeof compileStreaming !== "function") return;
  const { href } = new URL("pyodide.asm.wasm", folder);
  const compiling = compileStreaming(fetch(href)).catch(() => undefined); // Pyodide will say what is wrong
  const given: typeof instantiateStreaming = async (source, imports) => {
    const response = await source;
    if (response.url !== href) return instantiateStreaming(response, imports);
    if (WebAssembly.instantiateStreaming === given) WebAssembly.instantiateStreaming = instantiateStreaming;
    const module = await compiling;
    if (!module) return instantiateStreaming(response, imports);
    void response.body?.cancel();
    return { module, instance: await instantiate(module, imports) };
  };
  WebAssembly.instantiateStreaming = given;
}
