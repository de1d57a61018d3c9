/** Tables of any origin read well: columns of words to the left, columns of numbers to the right. */

const NUMBER = /^[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?(\s?[%\p{L}]{1,3})?$|^(nan|inf|-inf|nat|none|<na>)?$/iu;

/** Columns are counted from the right, because row headers that span rows are missing from the rows they span. */
export function alignColumns(table: HTMLTableElement): void {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter(isPlain);
  const words = new Set<number>();
  for (const row of rows) {
    for (const cell of row.cells) {
      if (cell.tagName === "TD" && !NUMBER.test((cell.textContent ?? "").trim())) words.add(fromRight(cell, row));
    }
  }
  const headers = [...(table.tHead?.rows ?? [])].filter(isPlain);
  for (const row of [...headers, ...rows]) {
    for (const cell of row.cells) {
      if (words.has(fromRight(cell, row))) cell.classList.add("wasminstall-words");
    }
  }
}

function isPlain(row: HTMLTableRowElement): boolean {
  return [...row.cells].every((cell) => cell.colSpan === 1);
}

function fromRight(cell: HTMLTableCellElement, row: HTMLTableRowElement): number {
  return row.cells.length - cell.cellIndex;
}
