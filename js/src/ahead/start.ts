/** What the core does of fetching ahead: it loads the chunk that does the rest. */

import { build } from "../build-info.js";
import { absolute } from "../runtime.js";
import { pyodideFolder } from "../stdlib/folder.js";
import { openStore } from "../store/index.js";
import type { FindCompiled } from "./compiled.js";
import { Early } from "./early.js";
import type { Expected } from "./expected.js";
import type { Known } from "./index.js";

/** The options of `boot()` that matter, addresses already absolute. */
export interface Wishes {
  readonly packages: string | readonly string[];
  readonly file: string | undefined;
  readonly lock: string | undefined;
  readonly index: string | undefined;
  readonly pyodide?: string | URL | object | undefined;
  readonly config?: object | undefined;
  readonly cache?: boolean | undefined;
  readonly expected?: readonly Expected[] | undefined;
}

/** Pyodide's own options. */
interface Config {
  readonly indexURL?: string;
  readonly lockFileURL?: string;
  readonly packageBaseUrl?: string;
}

/** Begin; the answers go to the Python that is being started. */
export function startAhead(wishes: Wishes, findCompiled: FindCompiled, sources: Known["sources"]): Early {
  const { pyodide, config = {}, cache = true, index, expected = [], ...named } = wishes;
  const early = new Early();
  const { indexURL, lockFileURL, packageBaseUrl } = config as Config;
  const folder = pyodideFolder(pyodide, indexURL);
  const lock = lockFileURL === undefined ? folder && new URL("pyodide-lock.json", folder) : absolute(lockFileURL);
  if (!lock) return early;
  const distribution = { lock, wheels: absolute(packageBaseUrl ?? new URL(".", lock)) };
  const known = {
    ...named,
    index: index ?? build.indexUrl,
    distribution,
    openStore: cache ? openStore : undefined,
    findCompiled,
    sources,
  };
  const looking = import("./index.js").then(({ lookAhead }) => lookAhead(early, known, expected));
  looking.catch(() => undefined); // an install does without
  return early;
}
