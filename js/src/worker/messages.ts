/** What the page and its worker say to each other: nothing but data that can be copied. */

import type { BootOptions } from "../bootstrap.js";
import type { ProgressDetail } from "../events.js";
import type { InstallOptions } from "../install.js";
import type { ExecuteOptions, StartReport } from "../python.js";
import type { SentError } from "./errors.js";

/** Options of `boot()` that are called: they stay in the page, and the worker tells it what to call them with. */
export const CALLBACKS = ["stdout", "stderr", "onProgress"] as const;

export type CallbackName = (typeof CALLBACKS)[number];

/** The others. */
export type SentOptions = Omit<BootOptions, CallbackName | "worker">;

/** What the page asks for. */
export type Request =
  | {
      readonly method: "boot";
      readonly options: SentOptions;
      readonly callbacks: readonly CallbackName[];
      /** Addresses of the archives: the worker, wherever a bundler put it, does not look for them beside itself. */
      readonly archives: Readonly<Record<string, string>>;
      /** Pyodide's interrupt buffer, where memory can be shared. */
      readonly interrupts: Uint8Array | undefined;
    }
  | {
      readonly method: "install";
      readonly requirements: string | readonly string[];
      readonly options: InstallOptions;
      /** Whether the page wants to hear the progress of this one: `told`. */
      readonly hears: boolean;
    }
  /** Make a snapshot for the next visit. */
  | {
      readonly method: "snapshot";
      readonly options: SentOptions;
      readonly archives: Readonly<Record<string, string>>;
    }
  | { readonly method: "run"; readonly code: string }
  | { readonly method: "execute"; readonly code: string; readonly options: ExecuteOptions };

/** The answer to `boot`. */
export interface Begun {
  readonly start: StartReport;
  /** Whether a snapshot should be made for the next visit. */
  readonly make: boolean;
}

/** A request with the number under which it is answered. */
export type Call = Request & { readonly id: number };

/** What the worker says. */
export type Message = Answer | News;

/** What has to do with one call. */
export type Answer =
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: SentError }
  /** An argument for the function that came with the call; the answer is still to come. */
  | { readonly kind: "told"; readonly id: number; readonly value: unknown };

/** What has not. */
export type News =
  /** The script runs; `life` is the name of a lock that it holds to its end, where there are locks. */
  | { readonly kind: "alive"; readonly life: string | undefined }
  | { readonly kind: "callback"; readonly name: CallbackName; readonly value: unknown }
  | { readonly kind: "progress"; readonly detail: ProgressDetail };
