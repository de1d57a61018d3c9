/** What is asked for, as far as a glance tells: names and plain limits. What is not plain is nobody's guess. */

/** A project by its normalised name, and whether a version would do. */
export interface Wanted {
  readonly name: string;
  accepts(version: string): boolean;
}

const REQUIREMENT = /^([a-z0-9][a-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;@()]*)\)?$/i;
const LIMIT = /^(==|!=|<=|>=|<|>|~=)\s*v?(\d+(?:\.\d+)*)(\.\*)?$/;

/** Whether this is the content of a file and not its address: those have one line. */
export function isText(source: string): boolean {
  return /[\r\n]/.test(source);
}

/** The normalised form of a project's name. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Those requirements that are plain. */
export function wantedOf(requirements: string | readonly string[]): Wanted[] {
  return [requirements].flat().flatMap((text) => {
    const [, name = "", limits = ""] = REQUIREMENT.exec(text.trim()) ?? [];
    const parsed = limits
      .split(",")
      .filter((limit) => limit.trim())
      .map((limit) => LIMIT.exec(limit.trim()));
    if (!name || parsed.includes(null)) return [];
    const accepts = (version: string): boolean => parsed.every((limit) => limit && within(version, limit));
    return [{ name: canonical(name), accepts }];
  });
}

/** The requirements in a requirements file, a script with a PEP 723 block or a pyproject.toml. */
export function wantedIn(text: string): Wanted[] {
  const block = /^# \/\/\/ script\s*$([\s\S]*?)^# \/\/\/\s*$/m.exec(text)?.[1]?.replace(/^# ?/gm, "");
  const table = block ?? (/^\s*\[project\]/m.test(text) ? text : undefined);
  if (table === undefined) return wantedOf(text.split(/[\r\n]+/).map((line) => line.replace(/(^|\s)#.*/, "")));
  const list = /^dependencies\s*=\s*\[((?:\s|,|#[^\n]*|"[^"\n]*"|'[^'\n]*')*)\]/m.exec(table)?.[1] ?? "";
  return wantedOf([...list.replace(/^\s*#.*/gm, "").matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? ""));
}

/** Whether a final version is within one limit. Any other is not known to be. */
function within(version: string, [, operator, bound = "", wildcard]: RegExpExecArray): boolean {
  if (!/^\d+(\.\d+)*$/.test(version)) return false;
  const prefix = wildcard ? bound : bound.split(".").slice(0, -1).join(".");
  const order = compare(version, bound);
  const below = `${version}.`.startsWith(`${prefix}.`);
  switch (operator) {
    case "==":
      return wildcard ? below : order === 0;
    case "!=":
      return wildcard ? !below : order !== 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    default:
      return order >= 0 && below;
  }
}

function compare(one: string, other: string): number {
  const [a, b] = [one.split(".").map(Number), other.split(".").map(Number)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = (a[at] ?? 0) - (b[at] ?? 0);
    if (order) return order;
  }
  return 0;
}
