/** Errors for people: what happened, where in the code, and the frames of libraries folded away. */

import { sentence } from "../sentence.js";
import { element } from "./dom.js";
import type { CodeFrame, ErrorFrame, ErrorLink, ErrorOutput, LibraryFrame } from "./model.js";

/** The element that shows an error. */
export function renderError({ type, message, hint, chain = [], plain }: ErrorOutput): HTMLElement {
  const [own, ...others] = chain;
  const nodes: Node[] = [];
  if (plain || !own) {
    nodes.push(headline(type, ""), element("div", { class: "wasminstall-message" }, sentence(message)));
  } else nodes.push(...chain.flatMap(renderLink));
  if (hint) nodes.push(element("div", { class: "wasminstall-hint" }, element("b", {}, "Hint:"), ` ${hint}`));
  if (plain && own) nodes.push(folded("Traceback", [...renderFrames(own.frames), ...others.flatMap(renderLink)]));
  return element("div", { class: "wasminstall-error" }, ...nodes);
}

function renderLink(link: ErrorLink): Node[] {
  const nodes: Node[] = [headline(link.type, link.message), ...renderFrames(link.frames)];
  if (link.relation) nodes.unshift(element("div", { class: "wasminstall-relation" }, link.relation));
  return nodes;
}

function headline(type: string, message: string): HTMLElement {
  return element("div", { class: "wasminstall-headline" }, element("b", {}, type), message ? ` ${message}` : "");
}

/** Frames of the code open; the frames between them folded, one fold for each row of them. */
function renderFrames(frames: readonly ErrorFrame[]): Node[] {
  const nodes: Node[] = [];
  let inside: LibraryFrame[] = [];
  const fold = () => {
    if (inside.length > 0) nodes.push(libraryFrames(inside));
    inside = [];
  };
  for (const frame of frames) {
    if (frame.kind === "code") {
      fold();
      nodes.push(codeFrame(frame));
    } else inside.push(frame);
  }
  fold();
  return nodes;
}

function codeFrame(frame: CodeFrame): HTMLElement {
  const where = `${frame.filename}, line ${frame.line}${frame.function ? `, in ${frame.function}` : ""}`;
  const code = element("pre", { class: "wasminstall-excerpt", tabindex: "0" });
  for (const [number, text] of frame.lines) {
    const here = number === frame.line;
    const names = `wasminstall-line${here ? " wasminstall-here" : ""}`;
    const line = element("span", { class: names, "data-number": String(number) });
    line.append(...(here ? marked(text, frame.mark) : [text]), "\n");
    code.append(line);
  }
  return element("div", { class: "wasminstall-frame" }, element("div", { class: "wasminstall-where" }, where), code);
}

/** The part of a line that failed is marked, unless it is all of the line. */
function marked(text: string, [start, end]: readonly [number, number]): (Node | string)[] {
  if (end <= start || text.trim().length <= end - start) return [text];
  return [text.slice(0, start), element("mark", {}, text.slice(start, end)), text.slice(end)];
}

function libraryFrames(frames: readonly LibraryFrame[]): HTMLElement {
  const last = frames[frames.length - 1];
  const packages = [...new Set(frames.map(({ filename }) => filename.split("/")[0]?.replace(/\.py$/, "") ?? ""))];
  const calls = frames.length === 1 ? "1 call" : `${frames.length} calls`;
  const list = frames.map((frame) =>
    element(
      "div",
      { class: "wasminstall-call" },
      element("div", { class: "wasminstall-where" }, `${frame.filename}:${frame.line}, in ${frame.function}`),
      element("code", {}, frame.text),
    ),
  );
  return folded(`${calls} inside ${packages.join(", ")}, the last at ${last?.filename}:${last?.line}`, list);
}

function folded(summary: string, content: readonly Node[]): HTMLElement {
  const inside = element("div", { class: "wasminstall-folded" }, ...content);
  return element("details", {}, element("summary", {}, summary), inside);
}
