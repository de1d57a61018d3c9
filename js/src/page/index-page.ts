/**
 * A project page (PEP 691) without what cannot matter to one runtime: of thousands of files a handful remains.
 *
 * Python judges what is left (src/wasminstall/indexes/simple.py). Reading the whole page there takes five times as long.
 */

interface ProjectPage {
  readonly files?: unknown;
  readonly [key: string]: unknown;
}

/** File name, version, why it is refused, and the part of the name that says so. */
type Refused = readonly [filename: string, version: string, reason: "sdist" | "tags", detail: string];

/**
 * Shorten a page.
 *
 * @param platforms the platform tags the runtime knows, "any" among them
 * @returns JSON: the page with only those files that may fit, and in `refused` one example of each kind of the others;
 *   undefined for what is no such page, which Python shall see as it is
 */
export async function condense(bytes: Uint8Array, platforms: readonly string[]): Promise<string | undefined> {
  const page = parse(bytes);
  if (!Array.isArray(page?.files) || !page.files.every(isFile)) return undefined;
  await undefined; // a big page is parsed in one go: let nothing else be added to that
  const known = new Set(platforms);
  const files: object[] = [];
  const refused = new Map<string, Refused>();
  for (const file of page.files) {
    const why = refusal(file.filename, known);
    if (why === undefined) files.push(file);
    else if (why !== null) refused.set(`${why[1]} ${why[2]} ${family(why[3])}`, why);
  }
  return JSON.stringify({ ...page, versions: undefined, files, refused: [...refused.values()] });
}

function parse(bytes: Uint8Array): ProjectPage | undefined {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as ProjectPage;
  } catch {
    return undefined;
  }
}

function isFile(file: unknown): file is { filename: string } {
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
