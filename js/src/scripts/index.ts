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
import { errorOutput, ScriptError } from "./error.js";
import { codeOf, labelOf, SCRIPT_ATTRIBUTES, TAG_ATTRIBUTES, warnOfUnknown, watchScripts } from "./find.js";
import { installCode, needsOf } from "./needs.js";
import { placeFor } from "./place.js";

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
  warnOfUnknown(page.tag, "the script tag of wasminstall", TAG_ATTRIBUTES);
  watchScripts((script) => {
    const label = labelOf(script, ++count);
    warnOfUnknown(script, label, SCRIPT_ATTRIBUTES);
    const code = codeOf(script);
    code.catch(() => undefined); // told at its turn
    queues[page.inWorker(script) ? "worker" : "page"].add({ script, label, code });
  });
}

/** Install what the bootstrap's own script element names. Rejects with a `ScriptError`. */
export async function installForPage(tag: HTMLScriptElement, python: Python): Promise<void> {
  await new Turn({ script: tag, label: "the page", code: Promise.resolve("") }, python).install("");
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
      if (!this.#told) placeFor(job.script).add(errorOutput(error, "Python could not be started"));
      this.#told = true;
    });
    if (!python) return;
    const view = placeFor(job.script);
    const turn = new Turn(job, python, this.#page.tag.dataset.offline);
    view.node.dataset.state = "running";
    const error = await turn.run(view).catch((reason: unknown) => asScriptError(reason, job));
    view.node.dataset.state = error ? "failed" : "done";
    if (error) {
      if (!turn.started) {
        view.add(error.output);
        announce(document, "wasminstall:error", error);
      }
      reportError(error);
    }
    if (!this.#inWorker) await painted();
  }
}

/** One script in its Python. */
class Turn {
  readonly #job: Job;
  readonly #python: Python;
  readonly #offline: string | undefined;
  /** Whether its own code ran: what it raises is shown already, and nothing of ours. */
  started = false;

  constructor(job: Job, python: Python, offline?: string) {
    this.#job = job;
    this.#python = python;
    this.#offline = offline;
  }

  /** Install, then run; gives what the code raised. Rejects when it could not come to that. */
  async run(view: OutputView): Promise<ScriptError | undefined> {
    const { label, script } = this.#job;
    const code = await this.#job.code;
    if (!code.trim()) console.warn(`wasminstall: ${label} is empty`, script);
    await this.install(code);
    this.started = true;
    return await this.#execute(code, label, (output) => view.add(output));
  }

  /** Install what the attributes of the element and the code ask for. */
  async install(code: string): Promise<void> {
    const { script, label } = this.#job;
    const needs = needsOf({ offline: this.#offline, ...script.dataset }, code);
    if (!needs) return;
    const error = await this.#execute(installCode(needs), `the packages of ${label}`, (output) => {
      if (output.kind === "stdout") console.warn(`wasminstall: ${label}: ${output.text}`);
    });
    if (error) throw error;
  }

  async #execute(code: string, filename: string, show: (output: Output) => void): Promise<ScriptError | undefined> {
    let raised: ErrorOutput | undefined;
    await this.#python.execute(
      code,
      (output) => {
        if (output.kind !== "error") return show(output);
        raised = withHint(output);
        show(raised);
      },
      { filename },
    );
    return raised && new ScriptError(this.#job.script, filename, raised);
  }
}

function asScriptError(reason: unknown, { script, label }: Job): ScriptError {
  if (reason instanceof ScriptError) return reason;
  return new ScriptError(script, label, errorOutput(reason, "This script could not run"));
}

/** A page says what it needs in an attribute. */
function withHint(output: ErrorOutput): ErrorOutput {
  const name = output.type === "ModuleNotFoundError" && /'([^'.]+)/.exec(output.message)?.[1];
  if (!name) return output;
  return { ...output, hint: `add data-packages="${name}" to the script, if the project is called like the module` };
}
