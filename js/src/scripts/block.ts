/** The text of a script, and the PEP 723 block in it. */

/** Whether the code begins a PEP 723 block; whether it is a good one, Python says. */
export function hasBlock(code: string): boolean {
  return /^# \/\/\/ script\s*$/m.test(code);
}

/** Without the indentation that all lines share, as Python's `textwrap.dedent`. */
export function dedented(text: string): string {
  const lines = text.split(/\r?\n/);
  const indents = lines.filter((line) => line.trim()).map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  let shared = indents[0] ?? "";
  while (!indents.every((indent) => indent.startsWith(shared))) shared = shared.slice(0, -1);
  return lines.map((line) => (line.trim() ? line.slice(shared.length) : "")).join("\n");
}
