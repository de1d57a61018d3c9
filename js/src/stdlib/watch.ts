/**
 * The Python that notes what imports from the standard library compile, and gives it away in small pieces.
 *
 * A module that was compiled to be imported need not be compiled again for the next visit: the interpreter starts with
 * a `sitecustomize`, which is imported before nearly everything else, puts the watch of compiling.ts in place, and removes
 * its file. Code objects are only noted; to make bytes of them is the work of idle moments.
 */

import { runAside } from "../place.js";
import type { Interpreter } from "../runtime.js";
import { PLACE, WATCH } from "./compiling.js";
import type { Member } from "./zip.js";

type FsInit = (FS: Interpreter["FS"], info: { sitePackages: string }) => Promise<void>;

// Bytecode of its own is for the next visit; another zipimport than we know is left alone.
const START = `
import os
os.unlink(__file__)
${WATCH}
try:
    import sys
    _watch(PLACES)
except Exception:
    pass
`;
const PLACES = `"/lib/python%d%d.zip/" % sys.version_info[:2], "${PLACE}"`;

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
def take(seconds, archive):
    import marshal, time, zipimport, zlib
    from importlib.util import MAGIC_NUMBER, source_hash
    noted = getattr(zipimport._get_module_code, "noted", {})
    left = [pathname for pathname in noted if pathname.startswith(archive + "/")]
    taken, until = [], time.perf_counter() + seconds
    while left and time.perf_counter() < until:
        pathname = left.pop()
        code = noted.pop(pathname)
        name = pathname[len(archive) + 1:]
        if name.endswith(".py"):
            source = zipimport.zipimporter(archive).get_data(pathname)
            code = code or compile(source, pathname, "exec", dont_inherit=True)
            data = MAGIC_NUMBER + b"\\1\\0\\0\\0" + source_hash(source) + marshal.dumps(code)
            taken.append([name + "c", data, zlib.crc32(data)])
    return taken

take(SECONDS, ARCHIVE)
`;

/** The configuration, with the watch in it; without `keep` nothing is noted. */
export function watched(config: object, keep: boolean): object {
  const { fsInit } = config as { fsInit?: FsInit };
  const code = START.replace("PLACES", keep ? PLACES : "");
  const prepare: FsInit = async (FS, info) => {
    FS.writeFile(`${info.sitePackages}/sitecustomize.py`, new TextEncoder().encode(code));
    await fsInit?.(FS, info);
  };
  return { ...config, fsInit: prepare };
}

/** The magic number of an interpreter's bytecode, and where its standard library lies. Nothing of ours is left in it. */
export function inspect(pyodide: Interpreter): { readonly magic: string; readonly path: string } {
  const [magic = "", path = ""] = runAside(pyodide, INSPECT).split(" ");
  return { magic, path };
}

/** Bytecode of what was compiled of an archive and not yet taken, for about so many seconds; nothing when there is no more. */
export function takeCompiled(pyodide: Interpreter, archive: string, seconds: number): Member[] {
  const globals = pyodide.toPy({}) as object & { destroy(): void };
  try {
    const found = pyodide.runPython(TAKE.replace("SECONDS, ARCHIVE", `${seconds}, ${JSON.stringify(archive)}`), {
      globals,
    }) as Taken;
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
