/** Progress in words, for a line of text, for the steps in the details, and for what is read out. */

import type { ProgressDetail, ProgressPhase } from "../events.js";
import { sentence } from "../sentence.js";
import type { Step } from "./work.js";

const NAMES: Readonly<Partial<Record<ProgressPhase, string>>> = {
  runtime: "Starting Python",
  resolve: "Resolving",
  download: "Downloading",
  place: "Placing",
};

/** What a phase is called; an end is its own sentence. */
export function nameOf({ phase, text }: ProgressDetail): string {
  return NAMES[phase] ?? sentence(text);
}

/** "Downloading 12 of 43, 8.1 of 32 MB, 4.0 MB/s, 5 s" */
export function lineOf(detail: ProgressDetail): string {
  const { phase, text, done, total, fromCache } = detail;
  if (phase !== "download" || (done > 0 && done === fromCache)) return sentence(text);
  const whole = total > 0 && done >= total;
  return [`${whole ? "Downloaded" : "Downloading"} ${numberOf(detail)}`, ...amountOf(detail), ...paceOf(detail)].join(
    ", ",
  );
}

/** What is known of a step besides its name. */
export function factsOf({ phase, detail, until }: Step): string {
  if (phase === "resolve") return until === undefined ? detail.text.replace(/^looking at /, "") : "";
  const number = phase === "runtime" ? [] : [numberOf(detail)];
  const project = until === undefined && detail.project ? [detail.project] : [];
  return [...number, ...amountOf(detail), ...project].join(", ");
}

/** "0.4 s" */
export function timeOf({ since, until }: Step, now: number): string {
  return `${(((until ?? now) - since) / 1000).toFixed(1)} s`;
}

function numberOf({ finished, count }: ProgressDetail): string {
  return finished < count ? `${finished} of ${count}` : `${count}`;
}

function amountOf({ done, total }: ProgressDetail): string[] {
  if (done < total) return [`${megabytes(done)} of ${megabytes(total)} MB`];
  return done > 0 ? [`${megabytes(done)} MB`] : [];
}

function paceOf({ done, total, rate, remaining }: ProgressDetail): string[] {
  if (rate === 0 || done === total) return [];
  const speed = rate >= 1e5 ? `${megabytes(rate)} MB/s` : `${(rate / 1e3).toFixed(1)} kB/s`;
  return remaining === undefined ? [speed] : [speed, duration(remaining)];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
