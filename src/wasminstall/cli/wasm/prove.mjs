// Loads one Pyodide in Node, unpacks wheels into it and imports what is compiled in the last one; prints JSON.
// usage: node prove.mjs PYODIDE_FOLDER REQUEST, a JSON file: {wheel, places: {member: path below site-packages},
// modules: {member: name to import, or nothing}, packages: [name]}
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, requestFile] = process.argv.slice(2);
const request = JSON.parse(readFileSync(requestFile, "utf8"));
const { loadPyodide } = await import(pathToFileURL(join(resolve(folder), "pyodide.mjs")).href);
const packageCacheDir = mkdtempSync(join(tmpdir(), "pyodide-packages-"));
const silent = () => {};
const pyodide = await loadPyodide({ packageCacheDir, stdout: silent, stderr: silent });
// What the wheel depends on, as far as the distribution can be reached; what is missing shows in the imports.
await pyodide.loadPackage(request.packages, { messageCallback: silent, errorCallback: silent }).catch(silent);
pyodide.FS.writeFile("/tmp/it.whl", new Uint8Array(readFileSync(request.wheel)));
pyodide.globals.set("request_as_json", JSON.stringify(request));
const answer = pyodide.runPython(`
import ctypes, importlib, json, sysconfig, zipfile
from pathlib import Path

request = json.loads(request_as_json)
site = Path(sysconfig.get_path("purelib"))
with zipfile.ZipFile("/tmp/it.whl") as archive:
    for member, path in request["places"].items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(archive.read(member))
importlib.invalidate_caches()

def imported(name):
    """What importing it raised, or nothing."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # Rust panics are no Exception
        return error

def linked(path):
    """What the dynamic loader raised, or nothing."""
    try:
        ctypes.CDLL(str(site / path))
    except BaseException as error:
        return error

def tried(name, path):
    error = imported(name) if name else None
    if name and error is None:
        return {"state": "imported", "why": ""}
    if name and not isinstance(error, ModuleNotFoundError):
        return {"state": "failed", "why": f"{type(error).__name__}: {error}"}
    why = f"{error.name} is not here to import it" if error else ""
    error = linked(path)
    return {"state": "failed" if error else "loaded", "why": str(error) if error else why}

json.dumps({member: tried(name, request["places"][member]) for member, name in request["modules"].items()})
`);
process.stdout.write(answer, () => process.exit(0));
