/**
 * Bytecode of what the first import of large packages of the Pyodide distribution takes, made with the release
 * (js/build/compiled.mjs) for its Pyodide. To compile numpy and pandas takes longer than all else of a first visit.
 *
 * Only where it comes in time: src/wasminstall/bytecode/released.py compares every module with its source.
 */

import { build } from "../build-info.js";
import { ownArchive } from "../home.js";
import { gunzip } from "../stdlib/bytes.js";
import type { Early } from "./early.js";

/** Where the bytecode for the wheel with this file name is, if there is any. */
export type FindCompiled = (wheel: string) => URL | undefined;

/** Bytecode under way. */
export interface Coming {
  /** Never rejects; undefined when it is not to be had. */
  readonly bytes: Promise<Uint8Array | undefined>;
  abort(): void;
}

/** @param base folder of the archives, where it was told */
export function findCompiled(base: URL | undefined): FindCompiled {
  return (wheel) => {
    const file = build.compiled[wheel];
    if (file === undefined) return undefined;
    return base ? new URL(file, base) : ownArchive(file);
  };
}

/** Fetch it, unless that has begun. */
export function fetchCompiled(url: URL, early: Early | undefined): Coming {
  const controller = new AbortController();
  const fetched = async (): Promise<Uint8Array | undefined> => {
    const { signal } = controller;
    const response = (await early?.take(url.href, {}, signal)) ?? (await fetch(url, { signal, priority: "low" }));
    return response.ok ? gunzip(new Uint8Array(await response.arrayBuffer())) : undefined;
  };
  return { bytes: fetched().catch(() => undefined), abort: () => controller.abort() };
}
