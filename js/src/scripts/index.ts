/**
 * `<script type="text/python">`: finds them, installs what they need, runs them in order and shows what they say.
 *
 * There is one Python in the page and one in a worker, each started when the first script needs it. The scripts of one
 * Python run one after the other in one namespace; one that fails does not stop those behind it.
 */

import type { ErrorOutput, Output } from "../display/model.js";
import { painted } from "../display/painted.js";
import type { OutputView } from "../display/view.js";
import { announce } from "../events.js";
import type { Python } from "../python.js";
import { hasBlock } from "./block.js";
import { errorOutput, ScriptError } from "./error.js";
import { codeOf, labelOf, watchScripts } from "./find.js";
import { importCode, installCode, type Needs, type NeedsAttributes, needsOf } from "./needs.js";
import { closeOverlays, placeFor } from "./place.js";
import { SCRIPT_ATTRIBUTES, TAG_ATTRIBUTES, warnOfAttributes, warnOfTypes } from "./slips.js";
import type { Whole } from "./whole.js";
import { inPageWords, ofCode, ofPreload } from "./words.js";

export { wholeOf } from "./whole.js";

/** What the core lends. */
export interface Page {
  /** The bootstrap's own script element. */
  readonly tag: HTMLScriptElement;
  /** The Python of the page, or of the worker: started when it is first asked for. */
  python(worker: boolean): Promise<Python>;
  /** Whether a script runs in the worker. */
  inWorker(script: HTMLScriptElement): boolean;
}

/** A script that waits for its turn. */
interface Job {
  readonly script: HTMLScriptElement;
  readonly label: string;
  readonly code: Promise<string>;
}

/** Run the scripts of a page that has been read to its end, and those that are added to it. */
export function runScripts(page: Page): void {
  const queues = { page: new Queue(page, false), worker: new Queue(page, true) };
  let count = 0;
  warnOfAttributes(page.tag, "the script tag of wasminstall", TAG_ATTRIBUTES);
  warnOfTypes();
  watchScripts((script) => {
    const label = labelOf(script, ++count);
    warnOfAttributes(script, label, SCRIPT_ATTRIBUTES);
    const code = codeOf(script);
    code.catch(() => undefined); // told at its turn
    queues[page.inWorker(script) ? "worker" : "page"].add({ script, label, code });
  });
}

/** Scripts that have what they name in `data-packages`: it was installed for the whole page, or Python came with it. */
const served = new WeakSet<HTMLScriptElement>();

/**
 * Install what the bootstrap's own script element names, or the whole, unless Python came with that. Rejects with a
 * `ScriptError`.
 */
export async function installForPage(tag: HTMLScriptElement, python: Python, whole?: Whole): Promise<void> {
  const turn = new Turn({ script: tag, label: "the page", code: Promise.resolve("") }, python);
  if (!whole) return turn.install("");
  if (!python.start.instant) {
    const failed = whole.needs && (await turn.installNeeds(whole.needs));
    // What one of the scripts cannot have is told in its place, and the others go on.
    if (failed) {
      closeOverlays();
      return turn.install("");
    }
    await turn.importModules(whole.options.preload ?? []);
  }
  for (const script of whole.scripts) served.add(script);
}

/** The scripts of one Python. */
class Queue {
  readonly #page: Page;
  readonly #inWorker: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #told = false;

  constructor(page: Page, inWorker: boolean) {
    this.#page = page;
    this.#inWorker = inWorker;
  }

  add(job: Job): void {
    this.#last = this.#last.then(() => this.#run(job));
  }

  async #run(job: Job): Promise<void> {
    const python = await this.#page.python(this.#inWorker).catch((error: unknown) => {
      // The first script's place says it for all of them; the console has it from the core.
      if (!this.#told) tellStartFailed(placeFor(job.script), error);
      this.#told = true;
    });
    if (!python) return;
    const view = placeFor(job.script);
    const { offline, prefer } = this.#page.tag.dataset;
    const turn = new Turn(job, python, { offline, prefer });
    view.node.dataset.state = "running";
    const error = await turn.run(view).catch((reason: unknown) => asScriptError(reason, job));
    view.node.dataset.state = error ? "failed" : "done";
    if (error) {
      if (!turn.started) {
        view.add(error.output);
        announce(document, "wasminstall:error", error);
      }
      closeOverlays();
      reportError(error);
    }
    if (!this.#inWorker) await painted();
  }
}

/** One script in its Python. */
class Turn {
  readonly #job: Job;
  readonly #python: Python;
  /** What the bootstrap's own element says for all of them. */
  readonly #usual: NeedsAttributes;
  /** Whether its own code ran: what it raises is shown already, and nothing of ours. */
  started = false;

  constructor(job: Job, python: Python, usual: NeedsAttributes = {}) {
    this.#job = job;
    this.#python = python;
    this.#usual = usual;
  }

  /** Install, then run; gives what the code raised. Rejects when it could not come to that. */
  async run(view: OutputView): Promise<ScriptError | undefined> {
    const { label, script } = this.#job;
    const code = await this.#job.code;
    if (!code.trim()) console.warn(`wasminstall: ${label} is empty`, script);
    await this.install(code);
    this.started = true;
    return await this.#execute(code, label, (output) => view.add(output), ofCode);
  }

  /** Install what the attributes of the element and the code ask for. */
  async install(code: string): Promise<void> {
    const { script } = this.#job;
    if (served.has(script) && !hasBlock(code)) return;
    const needs = needsOf({ ...this.#usual, ...script.dataset }, code);
    const error = needs && (await this.installNeeds(needs));
    if (error) throw error;
  }

  /** Install these; gives Python's error. */
  async installNeeds(needs: Needs): Promise<ScriptError | undefined> {
    return await this.#prepare(installCode(needs), "the packages of");
  }

  /** Import these, and leave no name behind. Rejects with Python's error. */
  async importModules(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const error = await this.#prepare(importCode(names), "the imports of", ofPreload);
    if (error) throw error;
  }

  /** Run code of ours; what it prints is a warning. */
  async #prepare(code: string, what: string, inWords = inPageWords): Promise<ScriptError | undefined> {
    const { label } = this.#job;
    const warn = (output: Output): void => {
      if (output.kind === "stdout") console.warn(`wasminstall: ${label}: ${output.text}`);
    };
    return await this.#execute(code, `${what} ${label}`, warn, (output) => inWords(output, label));
  }

  async #execute(
    code: string,
    filename: string,
    show: (output: Output) => void,
    inWords: (error: ErrorOutput) => ErrorOutput,
  ): Promise<ScriptError | undefined> {
    let raised: ErrorOutput | undefined;
    await this.#python.execute(
      code,
      (output) => {
        if (output.kind !== "error") return show(output);
        raised = inWords(output);
        show(raised);
      },
      { filename },
    );
    return raised && new ScriptError(this.#job.script, filename, raised);
  }
}

function tellStartFailed(view: OutputView, error: unknown): void {
  view.add(errorOutput(error, "Python could not be started"));
  view.node.dataset.state = "failed";
  closeOverlays();
}

function asScriptError(reason: unknown, { script, label }: Job): ScriptError {
  if (reason instanceof ScriptError) return reason;
  return new ScriptError(script, label, errorOutput(reason, "This script could not run"));
}
