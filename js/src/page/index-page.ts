/**
 * A project page (PEP 691) without what cannot matter to one runtime: of thousands of files a handful remains.
 *
 * Python judges what is left (src/wasminstall/indexes/simple.py). Reading the whole page there takes five times as long.
 */

interface ProjectPage {
  readonly files?: unknown;
  readonly [key: string]: unknown;
}

interface ProjectFile {
  readonly filename: string;
}

/** File name, version, why it is refused, and the part of the name that says so. */
type Refused = readonly [filename: string, version: string, reason: "sdist" | "tags", detail: string];

/** Characters of a large page that are read in one go: some milliseconds, in which the page around us stands still. */
const PIECE = 2 ** 19;
/** A page up to its files. */
const HEAD = /^\{(?:[^{}]|\{[^{}]*\})*?"files"\s*:\s*\[/;

/**
 * Shorten a page.
 *
 * @param platforms the platform tags the runtime knows, "any" among them
 * @returns JSON: the page with only those files that may fit, and in `refused` one example of each kind of the others, but
 *   no source of a version with such a file; undefined for what is no such page, which Python shall see as it is
 */
export async function condense(bytes: Uint8Array, platforms: readonly string[]): Promise<Uint8Array | undefined> {
  const known = new Set(platforms);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const pieces = cut(text);
    return await shorten(pieces, known).catch((error) => {
      if (pieces.length === 1) throw error;
      return shorten([text], known);
    });
  } catch {
    return undefined;
  }
}

/**
 * The page as several JSON texts: arrays of its first files, and the page with the others.
 *
 * That a cut was in a wrong place shows when the pieces are parsed: one before it is then incomplete.
 */
function cut(text: string): string[] {
  const pieces: string[] = [];
  const files = HEAD.exec(text)?.[0].length ?? text.length;
  const between = /\}\s*,\s*(?=\{)/g;
  let from = files;
  while (from + PIECE < text.length) {
    between.lastIndex = from + PIECE;
    const found = between.exec(text);
    if (!found) break;
    pieces.push(`[${text.slice(from, found.index + 1)}]`);
    from = between.lastIndex;
  }
  return [...pieces, text.slice(0, files) + text.slice(from)];
}

/** Throws for what is no page of PEP 691. */
async function shorten(pieces: readonly string[], known: ReadonlySet<string>): Promise<Uint8Array> {
  const files: ProjectFile[] = [];
  const refused = new Map<string, Refused>();
  let page: ProjectPage = {};
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await new Promise((done) => setTimeout(done));
    const parsed: unknown = JSON.parse(piece);
    page = at < pieces.length - 1 ? { files: parsed } : (parsed as ProjectPage);
    if (!Array.isArray(page.files) || !page.files.every(isFile)) throw new TypeError("no project page");
    for (const file of page.files as ProjectFile[]) {
      const why = refusal(file.filename, known);
      if (why === undefined) files.push(file);
      else if (why !== null) refused.set(`${why[1]} ${why[2]} ${family(why[3])}`, why);
    }
  }
  const offered = new Set(files.map(({ filename }) => filename.split("-")[1]));
  const told = [...refused.values()].filter(([, version, reason]) => reason !== "sdist" || !offered.has(version));
  return new TextEncoder().encode(JSON.stringify({ ...page, versions: undefined, files, refused: told }));
}

function isFile(file: unknown): file is ProjectFile {
  return typeof (file as { filename?: unknown } | null)?.filename === "string";
}

/** Why a file is of no use, undefined when it may be of use, null when it is not worth mentioning. */
function refusal(filename: string, known: ReadonlySet<string>): Refused | null | undefined {
  if (!filename.endsWith(".whl")) {
    const version = /^.+-([^-]+?)(?:\.tar\.gz|\.zip)$/s.exec(filename)?.[1];
    return version ? [filename, version, "sdist", ""] : null;
  }
  const parts = filename.slice(0, -".whl".length).split("-");
  const detail = parts.at(-1) ?? "";
  if (detail.split(".").some((platform) => known.has(platform))) return undefined;
  return parts.length >= 5 ? [filename, parts[1] ?? "", "tags", detail] : null;
}

/** What is said alike of several files: nobody here chooses between two versions of manylinux. */
function family(detail: string): string {
  return detail.includes("wasm") ? detail : detail.replace(/_.*/s, "");
}
