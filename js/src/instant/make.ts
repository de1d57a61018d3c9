/**
 * Making a snapshot: a Python installs and imports what is wanted, to learn which files and libraries that takes; a
 * second one starts with exactly those in place, imports the same, and is written down.
 *
 * Both are fresh, and no code of the page runs in them. It takes seconds and memory, so it is work for a worker.
 */

import type { BootOptions } from "../bootstrap.js";
import { interpreterFacts, runAside } from "../place.js";
import type { Wasminstall } from "../python.js";
import type { PyodideModule } from "../runtime.js";
import ASKED from "./asked.py";
import CHANCE from "./chance.py";
import { append, bytesOf, deflated, fill, type Image, image, packed, times } from "./files.js";
import IMPORTS from "./imports.py";
import { compile, functionsFrom, handlesOf, loadedLibraries } from "./libraries.js";
import { hasParts, type Library, type Module, Refusal, runtimeOf } from "./model.js";
import { pack } from "./record.js";
import SETTLE from "./settle.py";
import { begin, type Snapshotable } from "./start.js";
import { setTrampoline } from "./trampoline.js";
import { wipe } from "./wipe.js";

/** What a snapshot shall have in it. */
export interface Wish {
  /** Of `boot()`: what is installed, and how. */
  readonly options: BootOptions;
  /** Modules to import; those of the projects that are asked for unless told. */
  readonly preload: readonly string[] | undefined;
  readonly loader: PyodideModule;
  /** Folder of the Pyodide. */
  readonly folder: URL;
}

/** What the first Python learned. */
interface Learned {
  readonly image: Image;
  readonly libraries: readonly Library[];
  readonly preload: readonly string[];
  readonly loaded: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  readonly magic: string;
  readonly globals: Readonly<Record<string, boolean>>;
}

export { readBytes } from "./record.js";

const SILENT = { stdout: () => {}, stderr: () => {} } as const;

/** A Python in this thread with nothing in it. */
const BARE = {
  ...SILENT,
  packages: [],
  file: undefined,
  lock: undefined,
  preload: undefined,
  instant: false,
  snapshot: undefined,
  worker: false,
  onProgress: undefined,
} as const;

/** What starts a Pyodide that does not let itself be given another `createPyodideModule`. */
const OF_OLDER_ONES = "_createPyodideModule";

/** A snapshot's file. Rejects with a `Refusal` where there can be none, or with what went wrong. */
export async function make(wish: Wish, boot: typeof import("../bootstrap.js").boot): Promise<Uint8Array<ArrayBuffer>> {
  const learned = await learn(wish, boot);
  return await write(wish, learned);
}

async function learn(wish: Wish, boot: typeof import("../bootstrap.js").boot): Promise<Learned> {
  const { packages = [], file, lock } = wish.options;
  const python = (await boot({ ...wish.options, ...BARE, pyodide: wish.folder })) as Wasminstall;
  const pyodide = python.pyodide as Snapshotable & { readonly _module: Partial<Module> };
  const module = pyodide._module;
  if (OF_OLDER_ONES in globalThis || !hasParts(module)) {
    throw new Refusal("this Pyodide lacks a part that snapshots take");
  }
  const before = times(module.FS);
  const report = await python.install(packages, { file, lock, progress: null });
  const known = packed(module.FS);
  runAside(pyodide, ASKED);
  const preload = importIn(pyodide, wish.preload);
  const globals = JSON.parse(runAside(pyodide, "import js\njs.__told__()")) as Learned["globals"];
  const libraries = await loadedLibraries(module);
  return {
    image: image(runtimeOf(module), before, known, new Set(libraries.map(({ path }) => path))),
    libraries,
    preload,
    loaded: { ...pyodide.loadedPackages },
    packages: report.packages.map(({ name, version }) => `${name} ${version}`).sort(),
    magic: interpreterFacts(pyodide).magic,
    globals,
  };
}

/** Import these modules, or those of what was asked for. Rejects with a `Refusal` where one cannot be imported here. */
function importIn(pyodide: Snapshotable, names: readonly string[] | undefined): string[] {
  try {
    const wanted = names ? JSON.stringify(names) : "None";
    return JSON.parse(runAside(pyodide, `${IMPORTS}\nimport_modules(${wanted})`)) as string[];
  } catch (error) {
    const line = (error as Error).message.trim().split("\n").at(-1);
    throw new Refusal(`a module cannot be imported where it is made: ${line}`);
  }
}

async function write(wish: Wish, learned: Learned): Promise<Uint8Array<ArrayBuffer>> {
  const { image: given, libraries, loaded, magic, packages, preload, globals } = learned;
  let before = new Map<string, number>();
  const { pyodide, module, constructors, table } = await begin({
    loader: wish.loader,
    folder: wish.folder,
    config: { ...wish.options.config, ...SILENT },
    options: { _makeSnapshot: true },
    libraries: Promise.all(libraries.map((each) => compile(each, bytesOf(given, each.path)))),
    prepare: (module) => fill(runtimeOf(module), given),
    // Pyodide has its own files by then.
    async complete(module) {
      before = times(module.FS);
    },
  });
  for (const construct of constructors) construct();
  runAside(pyodide, CHANCE);
  importIn(pyodide, preload);
  runAside(pyodide, SETTLE);
  const open = module.FS.streams.find((stream, at) => stream && at > 2);
  if (open) throw new Refusal(`the file ${open.path} is open`);
  const functions = functionsFrom(module, table);
  if (!functions) throw new Refusal("a function was made that cannot be found again, such as a callback of ctypes");
  const paths = new Set(libraries.map(({ path }) => path));
  const whole = await deflated(append(given, image(runtimeOf(module), before, new Map(), new Set())), paths);
  for (const name of Object.keys(pyodide.loadedPackages)) delete pyodide.loadedPackages[name];
  const facts = { pyodide: wish.loader.version ?? "", magic, files: whole.files, libraries, table, functions };
  const handles = handlesOf(module);
  wipe(module);
  setTrampoline(module, 0);
  const memory = memoryOf(pyodide);
  return pack({ ...facts, handles, loaded, preload, packages, globals }, memory, whole.blob);
}

function memoryOf(pyodide: Snapshotable): Uint8Array<ArrayBuffer> {
  try {
    return pyodide.makeMemorySnapshot();
  } catch (cause) {
    throw new Refusal(`Python holds something of JavaScript: ${(cause as Error).message}`);
  }
}
