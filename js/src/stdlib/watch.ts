/**
 * The Python that notes what imports from the standard library compile, and gives it away in small pieces.
 *
 * A module that was compiled to be imported need not be compiled again for the next visit: the interpreter starts with
 * a `sitecustomize`, which is imported before nearly everything else, stands between `zipimport` and its compiler, and
 * removes its file. Code objects are only noted; to make bytes of them is the work of idle moments.
 */

import { runAside } from "../place.js";
import type { Interpreter } from "../runtime.js";
import type { Member } from "./zip.js";

type FsInit = (FS: Interpreter["FS"], info: { sitePackages: string }) => Promise<void>;

const WATCH = `
def _watch():
    import os, sys, zipimport
    os.unlink(__file__)
    library = "/lib/python%d%d.zip/" % sys.version_info[:2]
    compile_source = zipimport._compile_source
    # What is here already was not noted: it will be compiled once more, it is little.
    early = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    noted = dict.fromkeys(spec.origin for spec in early if isinstance(getattr(spec, "loader", None), zipimport.zipimporter))

    def _compile_source(pathname, source, *rest, **named):
        code = compile_source(pathname, source, *rest, **named)
        if pathname.startswith(library):
            noted[pathname] = code
        return code

    _compile_source.noted = noted
    zipimport._compile_source = _compile_source

try:
    _watch()
except Exception:  # another zipimport than we know: nothing is noted
    pass
`;

const INSPECT = `
import sys
from importlib.util import MAGIC_NUMBER
if getattr(sys.modules.get("sitecustomize"), "_watch", None):
    del sys.modules["sitecustomize"]  # it has done its work
"%s /lib/python%d%d.zip" % (MAGIC_NUMBER.hex(), *sys.version_info[:2])
`;

// The bytecode is valid by its source's hash, whatever becomes of times; the hash is only looked at by
// interpreters that were told to.
const TAKE = `
def take(seconds):
    import marshal, time, zipimport, zlib
    from importlib.util import MAGIC_NUMBER, source_hash
    noted = getattr(zipimport._compile_source, "noted", {})
    taken, until = [], time.perf_counter() + seconds
    while noted and time.perf_counter() < until:
        pathname, code = noted.popitem()
        archive, _, name = pathname.partition(".zip/")
        if name.endswith(".py"):
            source = zipimport.zipimporter(archive + ".zip").get_data(pathname)
            code = code or compile(source, pathname, "exec", dont_inherit=True)
            data = MAGIC_NUMBER + b"\\1\\0\\0\\0" + source_hash(source) + marshal.dumps(code)
            taken.append([name + "c", data, zlib.crc32(data)])
    return taken

take(SECONDS)
`;

/** The configuration, with the watch in it. */
export function watched(config: object): object {
  const { fsInit } = config as { fsInit?: FsInit };
  const prepare: FsInit = async (FS, info) => {
    FS.writeFile(`${info.sitePackages}/sitecustomize.py`, new TextEncoder().encode(WATCH));
    await fsInit?.(FS, info);
  };
  return { ...config, fsInit: prepare };
}

/** The magic number of an interpreter's bytecode, and where its standard library lies. Nothing of ours is left in it. */
export function inspect(pyodide: Interpreter): { readonly magic: string; readonly path: string } {
  const [magic = "", path = ""] = runAside(pyodide, INSPECT).split(" ");
  return { magic, path };
}

/** Bytecode of what was compiled and not yet taken, for about so many seconds; nothing when there is no more. */
export function takeCompiled(pyodide: Interpreter, seconds: number): Member[] {
  const globals = pyodide.toPy({}) as object & { destroy(): void };
  try {
    const found = pyodide.runPython(TAKE.replace("SECONDS", String(seconds)), { globals }) as Taken;
    const members = found.toJs().map(([name, bytes, crc]) => ({ name, bytes, crc }));
    found.destroy();
    return members;
  } finally {
    globals.destroy();
  }
}

/** A Python list, on its way. */
interface Taken {
  toJs(): [name: string, bytes: Uint8Array, crc: number][];
  destroy(): void;
}
