/** `install()` from JavaScript: options become keyword arguments, Python's report becomes a plain object. */

import { type PythonFailure, WasmInstallError } from "./errors.js";
import type { ProgressDetail } from "./events.js";
import type { Interpreter } from "./runtime.js";

/** The keyword arguments of Python's `wasminstall.install`, in camel case. Paths are in the virtual file system. */
export interface InstallOptions {
  /** A requirements file, a pyproject.toml or a script with a PEP 723 block: path, URL or text. */
  readonly file?: string | undefined;
  /** Extras to choose in `file` or `lock`. */
  readonly extras?: readonly string[] | undefined;
  /** Dependency groups to choose in `file` or `lock`. */
  readonly groups?: readonly string[] | undefined;
  /** A pylock.toml (PEP 751) or a pyodide-lock.json: path, URL or text; exactly what it names is installed. */
  readonly lock?: string | undefined;
  /** Requirements that limit versions and ask for nothing, or a constraints file: path, URL or text. */
  readonly constraints?: string | readonly string[] | undefined;
  /** Simple API addresses (PEP 503, PEP 691) to ask instead of PyPI. */
  readonly indexUrls?: string | readonly string[] | undefined;
  /** `first-index` (the default): the first that has a project speaks for it; `best-match`: all are compared. */
  readonly indexStrategy?: "first-index" | "best-match" | undefined;
  /** Ties projects to one index each: address by project name. */
  readonly indexFor?: Readonly<Record<string, string>> | undefined;
  /** Headers for one origin each, and for no other. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** What comes first: the version of the Pyodide distribution (the default) or the newest that works here. */
  readonly prefer?: "distribution" | "newest" | undefined;
  /** `true`: move what is named to the best version; or the names of what to move. */
  readonly upgrade?: boolean | readonly string[] | undefined;
  /** Place what is named again. */
  readonly reinstall?: boolean | undefined;
  /** Refuse what has no hash in `file`. */
  readonly requireHashes?: boolean | undefined;
  /** Accept pre-releases. */
  readonly pre?: boolean | undefined;
  /** `false`: without dependencies. */
  readonly deps?: boolean | undefined;
  /** Other places of files whose hash is known: base address, or several, by base address. */
  readonly mirrors?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The longest silence of a server, in seconds. */
  readonly timeout?: number | undefined;
  /** `false`: keep nothing for the next time, and use nothing that was kept. */
  readonly cache?: boolean | undefined;
  /** Ask nobody: take what was kept. */
  readonly offline?: boolean | undefined;
  /** Who is told: `events` for the page (the default), `text`, `notebook`, an element or its selector, a function, or nobody. */
  readonly progress?: string | Element | ((detail: ProgressDetail) => unknown) | null | undefined;
  /** Only plan: nothing is installed, nothing changes. */
  readonly dryRun?: boolean | undefined;
}

/** One distribution that was installed, or would be. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Where its wheel came from. */
  readonly source: string;
  /** Bytes of the wheel; 0 when a plan does not know it. */
  readonly size: number;
  /** The version that went, "" when there was none. */
  readonly replaced: string;
}

/** What an install did, or would do for `dryRun`. */
export interface InstallReport {
  /** Added or replaced; what was there already and stayed is not listed. */
  readonly packages: readonly InstalledPackage[];
  /** What a person should know although it worked. */
  readonly warnings: readonly string[];
  /** The whole for a person, as text. */
  readonly text: string;
  /** The same as HTML. */
  readonly html: string;
}

// The report crosses as JSON: no proxies stay behind. A plan (dry run) has actions where a report has what was added.
const INSTALL = `
import json
import traceback
import wasminstall

def package(item):
    candidate = getattr(item, "candidate", item)
    replaced = item.replaces if hasattr(item, "replaces") else item.replaced
    return dict(name=item.name, version=item.version, source=candidate.source, size=candidate.size, replaced=replaced)

try:
    try:
        work = wasminstall.install(requirements, **options)
    except TypeError as error:  # an option that there is not
        raise wasminstall.errors.InvalidInput(str(error)) from None
    result = await work
    changes = result.changes if hasattr(result, "changes") else result.added
    answer = dict(
        packages=[package(item) for item in changes],
        warnings=list(result.warnings),
        text=repr(result),
        html=result._repr_html_(),
    )
except wasminstall.WasmInstallError as error:
    told = traceback.format_exc()
    answer = dict(failure=dict(type=type(error).__name__, message=error.message, hint=error.hint, traceback=told))
json.dumps(answer)
`;

type Answer = InstallReport | { readonly failure: PythonFailure };

/** Call Python's `wasminstall.install`. Rejects with a `WasmInstallError`. */
export async function install(
  pyodide: Interpreter,
  requirements: string | readonly string[],
  options: InstallOptions = {},
): Promise<InstallReport> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const keywords = Object.fromEntries(given.map(([name, value]) => [snakeCase(name), value]));
  const globals = pyodide.toPy({ requirements, options: keywords }) as object & { destroy(): void };
  try {
    const answer = JSON.parse(String(await pyodide.runPythonAsync(INSTALL, { globals }))) as Answer;
    if ("failure" in answer) throw new WasmInstallError(answer.failure);
    return answer;
  } finally {
    globals.destroy();
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
