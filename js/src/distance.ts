/** How far apart two words are, to find what was meant by one that is not known. */

/** How many letters have to be put in, taken out or changed (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (const [column, opposite] of [...other].entries()) {
      const changed = (row[column] ?? 0) + Number(letter !== opposite);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
