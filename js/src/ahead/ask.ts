/** Asking early, for Python to take the answers. */

import { openThread } from "./aside.js";
import type { Asked, Early } from "./early.js";

/** Headers of a request by name. */
export type Named = Readonly<Record<string, string>>;

/** The text behind an address, which Python can take too; empty where it cannot be had. */
export async function askForText(early: Early, url: string): Promise<string> {
  let text: Promise<string> | undefined;
  early.add(url, {}, () => {
    const asked = askHere(url, {});
    text = asked.answer.then(async (response) => (await response?.clone().text()) ?? "");
    return asked;
  });
  return (await text) ?? "";
}

/** 0: now; what has a higher number leaves the line to what has a lower one. */
export type Later = 0 | 1 | 2 | 3;

/** Ask for what is large, or can wait, when the line is free; what is to come `later`, when most of the others is here. */
export function askWhenFree(early: Early, url: string, headers: Named = {}, later: Later = 0): void {
  if (!/^https?:/.test(url)) return;
  openThread(); // while this one has the time for it
  early.whenFree(() =>
    early.add(url, headers, () => openThread()?.ask(url, headers, later) ?? askAndRead(url, headers)),
  );
}

/** Ask for what may come behind everything else, if that can be done aside. */
export function askBehind(url: string): Promise<Response | undefined> | undefined {
  return openThread()?.ask(url, {}, 3)?.answer;
}

/** A body that nobody reads soon ceases to come: a copy of this one is read. */
function askAndRead(url: string, headers: Named): Asked {
  const asked = askHere(url, headers);
  asked.answer.then((response) => response?.clone().arrayBuffer()).catch(() => undefined);
  return asked;
}

function askHere(url: string, headers: Named): Asked {
  const controller = new AbortController();
  const { signal } = controller;
  const coming = fetch(url, { headers, credentials: "same-origin", signal }).catch(() => undefined);
  const answer = coming.then((response) => (response?.status === 200 ? response : undefined));
  return { answer, abort: () => controller.abort() };
}
