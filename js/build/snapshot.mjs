#!/usr/bin/env node
/**
 * A snapshot made ahead, so that even a first visit starts with its packages imported:
 *
 *     npx wasminstall-snapshot --lock pylock.toml --import pandas --output dist
 *
 * writes `dist/pandas.HASH.snapshot.gz` for `boot({ snapshot: "..." })`, and says what to put into the page. It is for
 * exactly this Pyodide and this release of wasminstall; make a new one with every update of either, and of the lock.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib } from "node:zlib";

const USAGE = `usage: wasminstall-snapshot [PACKAGE ...] [options]

  PACKAGE                requirements to install, such as "pandas>=2"
  -l, --lock FILE        a pylock.toml or pyodide-lock.json to install
  -r, --requirements FILE  a requirements file, a pyproject.toml or a script with a PEP 723 block to install
  -i, --import MODULE    a module to import; may be repeated; those of the packages that are asked for unless told
  -o, --output FOLDER    where to write the file (default: this folder)
      --pyodide FOLDER   the Pyodide it is for (default: the package "pyodide")
      --index ADDRESS    a Simple API to install from instead of PyPI
      --brotli           write a copy for servers that answer with Content-Encoding: br
`;

/** What a Python in a browser has in its environment, and nothing of this machine. */
const ENVIRONMENT = { HOME: "/home/pyodide", LANG: "C.UTF-8", _: "./this.program" };

/**
 * @typedef {object} Wanted
 * @property {string[] | undefined} [packages]
 * @property {string | undefined} [lock] path or address
 * @property {string | undefined} [file] path or address
 * @property {string[] | undefined} [imports] those of the packages that are asked for unless told
 * @property {string | undefined} [index] address of a Simple API
 * @property {string | undefined} [pyodide] path of a folder; the package `pyodide` unless told
 * @property {object | undefined} [config] options of `loadPyodide()` while it is made
 */

/**
 * Make a snapshot.
 *
 * @param {Wanted} wanted
 * @returns {Promise<{bytes: Buffer, header: import("../src/instant/model.js").Header}>}
 */
export async function makeSnapshot({ packages = [], lock, file, imports, index, pyodide, config }) {
  const [{ boot }, { make, readBytes }] = await Promise.all([built("wasminstall"), built("wasminstall-make")]);
  const folder = pathToFileURL(`${resolve(pyodide ?? installedPyodide())}/`);
  const loader = await import(new URL("pyodide.mjs", folder).href);
  const options = {
    packages,
    lock: lock && (await addressOrText(lock)),
    file: file && (await addressOrText(file)),
    index,
    config: { ...config, env: ENVIRONMENT, _sysExecutable: ENVIRONMENT._ },
    cache: false,
  };
  const made = await make({ options, preload: imports, loader, folder }, boot);
  return { bytes: Buffer.from(made.buffer), header: await readBytes(made).header };
}

/** @param {string} name of a bundle */
function built(name) {
  return import(new URL(`../dist/${name}.mjs`, import.meta.url).href);
}

function installedPyodide() {
  // As the application that runs this would find it.
  const script = createRequire(pathToFileURL(`${process.cwd()}/`)).resolve("pyodide");
  return fileURLToPath(new URL(".", pathToFileURL(script)));
}

/**
 * Python sees no files of this machine; a text is told by its lines.
 * @param {string} source
 */
async function addressOrText(source) {
  return /^https?:/.test(source) ? source : `${await readFile(source, "utf8")}\n`;
}

/** @param {string[]} args */
async function main(args) {
  const { values, positionals: packages } = readArguments(args);
  const { lock, requirements: file, import: imports, output, pyodide, index } = values;
  if (values.help || !(packages.length || lock || file)) return void process.stdout.write(USAGE);
  const { bytes, header } = await makeSnapshot({ packages, lock, file, imports, index, pyodide });
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const name = `${header.preload[0] ?? "python"}.${hash}.snapshot`;
  await mkdir(output, { recursive: true });
  console.log(`For Pyodide ${header.pyodide}: ${header.packages.join(", ")}`);
  console.log(`Imported: ${header.preload.join(", ")}\n`);
  console.log(`${megabytes(bytes.length)}  unpacked`);
  await write(output, `${name}.gz`, await promisify(gzip)(bytes, { level: 9 }));
  if (values.brotli) await write(output, `${name}.br`, await promisify(brotliCompress)(bytes, brotliFor(bytes)));
  console.log(`\nIn the page:\n\n    boot({ snapshot: "${name}.gz", ... })\n`);
  process.exit(); // Pythons do not end by themselves
}

/** @param {string[]} args */
function readArguments(args) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      lock: { type: "string", short: "l" },
      requirements: { type: "string", short: "r" },
      import: { type: "string", short: "i", multiple: true },
      output: { type: "string", short: "o", default: "." },
      pyodide: { type: "string" },
      index: { type: "string" },
      brotli: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
}

/**
 * A large window finds much of what a memory repeats; browsers read no larger one.
 * @param {Buffer} bytes
 */
function brotliFor({ length }) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT, BROTLI_MAX_WINDOW_BITS } = zlib;
  const params = {
    [BROTLI_PARAM_QUALITY]: 9,
    [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS,
    [BROTLI_PARAM_SIZE_HINT]: length,
  };
  return { params };
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {Buffer} bytes
 */
async function write(folder, name, bytes) {
  await writeFile(join(folder, name), bytes);
  console.log(`${megabytes(bytes.length)}  ${join(folder, name)}`);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);
}

if (process.argv[1] && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2)).catch((error) => {
    // Of a Python traceback what follows the frames.
    console.error(`wasminstall-snapshot: ${String(error.message ?? error).replace(/^.*\n {2,}.*?\n/s, "")}`);
    process.exit(1);
  });
}
