/** One Pyodide in a process of its own (two releases clash in one): attach wasminstall, print what Python sees as JSON. */

import { attach, boot } from "wasminstall";

const [how = "", address = "", archive] = process.argv.slice(2);

const WHAT_PYTHON_SEES = `
import json, sys
from importlib import metadata
from importlib.util import find_spec
names_before = sorted(name for name in globals() if not name.startswith("_"))
import wasminstall
from wasminstall._vendor.packaging.tags import sys_tags
json.dumps(dict(
    cache_tag=sys.implementation.cache_tag,
    file=wasminstall.__file__,
    names_before=names_before,
    on_path=[entry for entry in sys.path if "wasminstall" in entry],
    documented=bool(wasminstall.install.__doc__),
    packaging=find_spec("packaging") is not None,
    tags=len(list(sys_tags())),
    version=metadata.version("wasminstall"),
))
`;

async function start() {
  const { loadPyodide } = await import(new URL("pyodide.mjs", address).href);
  return attach(await loadPyodide(), { archive });
}

const python = how === "boot" ? await boot({ pyodide: address, archive }) : await start();
await attach(python.pyodide, { archive });
console.log(await python.run(WHAT_PYTHON_SEES));
