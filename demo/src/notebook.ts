/** The list of cells and the queue of those that wait for their turn. */

import { painted } from "../../js/src/display/painted.js";
import { Cell, type CellActions } from "./cell.js";
import { type CellSource, ORIGINAL_CELLS } from "./cells.js";
import type { Kernel } from "./kernel.js";
import type { Status } from "./status.js";

const KEPT_AS = "wasminstall-notebook";
const EMPTY: CellSource = { note: "", code: "" };

export class Notebook implements CellActions {
  #cells: Cell[] = [];
  #queue: Cell[] = [];
  #busy = false;
  #count = 0;
  #kernel: Kernel | undefined;
  #place: HTMLElement;
  #status: Status;

  constructor(place: HTMLElement, status: Status) {
    this.#place = place;
    this.#status = status;
    for (const source of keptCells() ?? ORIGINAL_CELLS) this.#insert(source, this.#cells.length);
  }

  /** From now on cells can run; those that were asked for already do. */
  ready(kernel: Kernel): void {
    this.#kernel = kernel;
    void this.#work();
  }

  run(cell: Cell): void {
    if (!this.#queue.includes(cell)) {
      this.#queue.push(cell);
      cell.queued();
    }
    void this.#work();
  }

  runAndAdvance(cell: Cell): void {
    this.run(cell);
    const next = this.#cells[this.#cells.indexOf(cell) + 1];
    if (next) next.focus();
    else this.addBelow(cell);
  }

  runAll(): void {
    for (const cell of this.#cells) this.run(cell);
  }

  add(): void {
    this.#insert(EMPTY, this.#cells.length).focus();
  }

  addBelow(cell: Cell): void {
    this.#insert(EMPTY, this.#cells.indexOf(cell) + 1).focus();
  }

  remove(cell: Cell): void {
    const position = this.#cells.indexOf(cell);
    this.#cells.splice(position, 1);
    this.#queue = this.#queue.filter((queued) => queued !== cell);
    cell.destroy();
    this.#renumber();
    (this.#cells[position] ?? this.#cells[position - 1])?.focus();
  }

  /** Kept for this tab, so that a reload gives the cells back. */
  changed(): void {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(this.#cells.map((cell) => cell.source)));
  }

  /** The next load of the page begins with the original cells. */
  static forget(): void {
    sessionStorage.removeItem(KEPT_AS);
  }

  #insert(source: CellSource, position: number): Cell {
    const cell = new Cell(source, this);
    this.#place.insertBefore(cell.node, this.#cells[position]?.node ?? null);
    this.#cells.splice(position, 0, cell);
    this.#renumber();
    return cell;
  }

  #renumber(): void {
    this.#cells.forEach((cell, position) => {
      cell.number = position + 1;
    });
    if (this.#kernel) this.changed();
  }

  /** Run what is queued, one cell after the other. */
  async #work(): Promise<void> {
    if (this.#busy || !this.#kernel) return;
    this.#busy = true;
    let failed = 0;
    const before = performance.now();
    for (let cell = this.#queue.shift(); cell; cell = this.#queue.shift()) {
      if (!(await this.#runOne(cell, this.#kernel))) failed++;
    }
    this.#busy = false;
    if (this.#count > 0) this.#status.set("idle", outcome(failed), seconds(before));
  }

  async #runOne(cell: Cell, kernel: Kernel): Promise<boolean> {
    const count = ++this.#count;
    const emit = cell.started(count);
    this.#status.set("running", `Running [${count}]`);
    await painted();
    let succeeded = false;
    try {
      succeeded = await kernel.run(cell.source.code, `cell [${count}]`, emit);
    } catch (error) {
      emit({ kind: "stderr", text: `Python cannot go on: ${error}\nRestart it with the button above.\n` });
    }
    cell.finished(succeeded);
    return succeeded;
  }
}

function keptCells(): CellSource[] | undefined {
  const kept = sessionStorage.getItem(KEPT_AS);
  return kept === null ? undefined : (JSON.parse(kept) as CellSource[]);
}

function outcome(failed: number): string {
  if (failed === 0) return "Done";
  return failed === 1 ? "Done; one cell failed" : `Done; ${failed} cells failed`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
