/**
 * All that a page's Python starts with: what the tag names, and what the scripts name in `data-packages` alone. It is
 * installed at once where Python is to start instantly, or to have something imported when it is there.
 */

import type { BootOptions } from "../bootstrap.js";
import { isOn } from "./attributes.js";
import { dedented, hasBlock } from "./block.js";
import { type Needs, needsOf } from "./needs.js";

/** It, and whose it is. */
export interface Whole {
  /** What the tag and these scripts need together. */
  readonly needs: Needs | undefined;
  readonly scripts: readonly HTMLScriptElement[];
  /** The same for `boot()`. */
  readonly options: Pick<BootOptions, "packages" | "file" | "lock" | "preload" | "instant" | "snapshot">;
}

/** Of the tag and the scripts of one Python. Throws a `Contradiction` where the tag contradicts itself. */
export function wholeOf(tag: HTMLScriptElement, all: readonly HTMLScriptElement[]): Whole {
  const { packages, lock, preload, prefer, snapshot } = tag.dataset;
  // A lock says it all.
  const scripts = lock === undefined ? all.filter(hasOnlyPackages) : [];
  const together = [packages, ...scripts.map(({ dataset }) => dataset.packages)].filter(Boolean).join("\n");
  const needs = needsOf({ ...tag.dataset, packages: together }, "");
  const instant = isAsked(tag.dataset.instant, prefer);
  const modules = (preload ?? "").split(/[\s,]+/).filter(Boolean);
  const { requirements, file } = needs ?? {};
  const options = {
    packages: requirements,
    file,
    lock: needs?.lock,
    preload: modules.length ? modules : undefined,
    instant,
    snapshot,
  };
  return { needs, scripts, options };
}

function isAsked(instant: string | undefined, prefer: string | undefined): boolean {
  if (!isOn(instant)) return false;
  if (prefer) console.warn("wasminstall: data-instant does nothing beside data-prefer");
  return !prefer;
}

/** Not a script that installs in a way of its own. */
function hasOnlyPackages({ dataset, text }: HTMLScriptElement): boolean {
  const { packages, requirements, lock, index, prefer, offline } = dataset;
  const others = [requirements, lock, index, prefer, offline];
  return Boolean(packages) && others.every((one) => one === undefined) && !hasBlock(dedented(text));
}
