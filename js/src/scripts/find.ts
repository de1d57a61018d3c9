/** The `<script type="text/python">` elements of a page: each once, in document order, and those that come later. */

import { SCRIPTS } from "./attributes.js";
import { dedented } from "./block.js";

/** Call `found` for every script, now and when one is added. The document must have been read to its end. */
export function watchScripts(found: (script: HTMLScriptElement) => void): void {
  const seen = new WeakSet<Element>();
  const look = (root: ParentNode): void => {
    for (const script of root.querySelectorAll<HTMLScriptElement>(SCRIPTS)) {
      if (!seen.has(script)) found(script);
      seen.add(script);
    }
  };
  look(document);
  new MutationObserver((records) => {
    const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
    if (added.some((node) => node instanceof Element && (node.matches(SCRIPTS) || node.querySelector(SCRIPTS)))) {
      look(document);
    }
  }).observe(document, { childList: true, subtree: true });
}

/** The code: fetched from `src`, or what stands in the element, moved to the left edge. */
export async function codeOf(script: HTMLScriptElement): Promise<string> {
  if (!script.hasAttribute("src")) return dedented(script.text);
  const { src, integrity } = script;
  const answer = await fetch(src, integrity ? { integrity } : {}).catch(async (cause: Error) => {
    const other = integrity && (await fetch(src).catch(() => undefined));
    const reason = other
      ? `${src} is not the file that integrity="${integrity}" names`
      : `There is no answer from ${src}`;
    throw new Error(other ? `${reason}: nothing of it was run.` : `${reason}: ${cause.message}`, { cause });
  });
  if (!answer.ok) throw new Error(`The server answered ${answer.status} for ${src}.`);
  if (answer.headers.get("content-type")?.startsWith("text/html")) {
    throw new Error(`A web page came from ${src}, no Python: some servers answer so for what they do not have.`);
  }
  return await answer.text();
}

/** What a script is called in tracebacks: its file, its id, or its place among the others. */
export function labelOf(script: HTMLScriptElement, position: number): string {
  const file = script.hasAttribute("src") && new URL(script.src, document.baseURI).pathname.split("/").pop();
  return file || script.id || `script ${position}`;
}
