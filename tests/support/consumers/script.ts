/** A strict user of the plain script tag: the global has its type. Compiled, never run. */

import type {} from "wasminstall/script-tag";

export async function main(): Promise<string> {
  const { ready, install } = globalThis.wasminstall ?? (await new Promise<never>(() => {}));
  await install(["pandas"], { upgrade: true });
  return (await ready).version;
}

addEventListener("wasminstall:progress", ({ detail }) => console.log(detail.text));

// @ts-expect-error the script may be missing: the compiler insists on asking
wasminstall.ready;
