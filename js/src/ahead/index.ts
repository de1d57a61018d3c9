/**
 * What Python will ask for, fetched while it starts: the entry of a chunk of its own.
 *
 * Only a guess: an install is the same without it. Files and locks come at once, as they are small. The rest waits until
 * the runtime is here, which needs the line more, and comes while the interpreter only computes: index pages, wheels of
 * the Pyodide distribution and all that they depend on, and the wheels of a lock.
 */

import { dedented, hasBlock } from "../scripts/block.js";
import { splitRequirements } from "../scripts/requirements.js";
import { read } from "../stdlib/bytes.js";
import type { Store } from "../store/index.js";
import { askBehind, askForText, askWhenFree } from "./ask.js";
import type { FindCompiled } from "./compiled.js";
import { closure, type PyodideLock, pageKey } from "./distribution.js";
import type { Early } from "./early.js";
import type { Expected } from "./expected.js";
import { wheelsOfPylock } from "./pylock.js";
import { canonical, isText, wantedIn, wantedOf } from "./wanted.js";

/** What is known before the start. */
export interface Known {
  readonly packages: string | readonly string[];
  /** Address or text. */
  readonly file: string | undefined;
  /** Address or text. */
  readonly lock: string | undefined;
  /** Address of the index. */
  readonly index: string;
  /** Where the lock of the Pyodide is, and the wheels in it. */
  readonly distribution: { readonly lock: URL; readonly wheels: URL };
  readonly findCompiled: FindCompiled;
  /** Who waits for the standard library's sources, when that is known. */
  readonly sources: Promise<LateFile | undefined>;
  /** What was kept, if that counts. */
  readonly openStore: (() => Promise<Store | undefined>) | undefined;
}

/** The same, with what is found out once for all. */
interface Outlook extends Omit<Known, "openStore"> {
  readonly pyodideLock: Promise<PyodideLock>;
  /** Keys of what the store has. */
  readonly kept: Promise<ReadonlySet<string>>;
}

/** A file that may come behind everything else. */
export interface LateFile {
  readonly url: string;
  /** Called when it was asked for. */
  take(answer: Promise<Response | undefined>): void;
}

/** A wheel of which the hash is known. */
export interface WheelFile {
  readonly url: string;
  readonly sha256: string;
  /** Large, and only what others need: it leaves the line to them. */
  readonly later: boolean;
}

/** As src/wasminstall/indexes/simple.py asks. */
const ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/** Fetch ahead what an install names, and what the scripts of the page will need later. Never rejects. */
export async function lookAhead(early: Early, known: Known, expected: readonly Expected[]): Promise<void> {
  const { openStore, ...rest } = known;
  const outlook: Outlook = {
    ...rest,
    // Pyodide fetches it as well: by then it is in the HTTP cache, if it may be there.
    pyodideLock: read(known.distribution.lock).then((bytes) => JSON.parse(new TextDecoder().decode(bytes))),
    kept: keptKeys(openStore),
  };
  outlook.pyodideLock.catch(() => undefined); // who needs it will see
  const later = expected.map(({ packages = "", text, file, lock }) => {
    const block = hasBlock(dedented(text)) ? dedented(text) : undefined;
    return { ...outlook, packages: splitRequirements(packages), file: file ?? block, lock };
  });
  const wishes = [outlook, ...later].filter(({ packages, file, lock }) => packages.length || file || lock);
  await Promise.all(wishes.map((each) => lookAheadFor(early, each)));
  const sources = await known.sources;
  early.whenFree(() => {
    const answer = sources && askBehind(sources.url);
    if (answer) sources.take(answer);
  });
}

async function lookAheadFor(early: Early, outlook: Outlook): Promise<void> {
  try {
    const { lock } = outlook;
    const wheels = await (lock === undefined ? foresee(early, outlook) : wheelsOfLock(early, outlook, lock));
    const kept = await outlook.kept;
    for (const { url, sha256, later } of wheels) {
      if (!kept.has(`wheel/${sha256}`)) askWhenFree(early, url, {}, later ? 1 : 0);
    }
    const compiled = [...kept].filter((key) => key.startsWith("bytecode/"));
    for (const { url, sha256 } of wheels) {
      const found = outlook.findCompiled(decodeURIComponent(new URL(url).pathname.replace(/.*\//, "")));
      if (found && !compiled.some((key) => key.startsWith(`bytecode/${sha256}`))) askWhenFree(early, found.href, {}, 2);
    }
  } catch {
    // Something is not as it should be: Python will say what.
  }
}

async function wheelsOfLock(early: Early, outlook: Outlook, source: string): Promise<readonly WheelFile[]> {
  const text = await textOf(early, source);
  const base = isText(source) ? "" : source;
  if (!/^\s*\{/.test(text)) {
    const [major, minor] = (await outlook.pyodideLock).info.python.split(".");
    return wheelsOfPylock(text, base, `cp${major}${minor}`);
  }
  const wanted = wantedOf(outlook.packages);
  return closure(JSON.parse(text) as PyodideLock, wanted.length ? wanted : undefined, base);
}

/** The wheels of the distribution; pages of the other projects are asked for. */
async function foresee(early: Early, outlook: Outlook): Promise<readonly WheelFile[]> {
  const { packages, file, index, distribution, pyodideLock, kept } = outlook;
  const wanted = [...wantedOf(packages), ...(file === undefined ? [] : wantedIn(await textOf(early, file)))];
  const lock = await pyodideLock;
  const wheels = closure(lock, wanted, distribution.wheels.href);
  const names = new Set(Object.keys(lock.packages).map(canonical));
  const present = await kept;
  for (const { name } of wanted.filter((item) => !names.has(item.name))) {
    const page = `${index.replace(/\/+$/, "")}/${name}/`;
    if (!present.has(await pageKey(page, ACCEPT, lock))) askWhenFree(early, page, { Accept: ACCEPT });
  }
  return wheels;
}

function textOf(early: Early, source: string): Promise<string> | string {
  return isText(source) ? source : askForText(early, source);
}

async function keptKeys(openStore: Known["openStore"]): Promise<ReadonlySet<string>> {
  const kept = await openStore?.().then((store) => store?.list());
  return new Set(kept?.map(({ key }) => key));
}
