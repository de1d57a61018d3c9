// Prints, as JSON, what one installed Pyodide gives to side modules. usage: node runtime_symbols.mjs BUILD
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [build] = process.argv.slice(2);
const { loadPyodide, version } = await import(`${build}/pyodide.mjs`);
const pyodide = await loadPyodide({ packageCacheDir: mkdtempSync(join(tmpdir(), "pyodide-packages-")) });
const lock = createRequire(import.meta.url).resolve(`${build}/pyodide-lock.json`);
const { info, packages } = JSON.parse(readFileSync(lock, "utf8"));
const program = pyodide._module.LDSO.loadedLibsByName.__main__.exports;
const suffixes = pyodide.runPython(
  "import importlib.machinery, json; json.dumps(importlib.machinery.EXTENSION_SUFFIXES)",
);
const answer = {
  version,
  abi: info.abi_version,
  suffixes: JSON.parse(suffixes),
  // A stub stands for something nobody has.
  symbols: Object.keys(program).filter((name) => program[name] && !program[name].stub),
  libraries: Object.values(packages)
    .filter((entry) => entry.package_type === "shared_library")
    .map((entry) => entry.name),
};
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
