/** Errors for people: what happened, where in the cell, and the frames of libraries folded away. */

import { element } from "./dom.js";

export interface ErrorReport {
  /** One of wasminstall's own errors: its message says it all. */
  readonly ours: boolean;
  readonly type: string;
  readonly message: string;
  readonly hint: string;
  readonly chain: readonly Link[];
}

interface Link {
  readonly relation: string;
  readonly type: string;
  readonly message: string;
  readonly frames: readonly Frame[];
}

interface CellFrame {
  readonly cell: string;
  readonly line: number;
  readonly function: string;
  readonly lines: readonly (readonly [number, string])[];
  readonly mark: readonly [number, number];
}

interface LibraryFrame {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly text: string;
}

type Frame = CellFrame | LibraryFrame;

export function renderError(report: ErrorReport): HTMLElement {
  const { ours, chain } = report;
  const hint = report.hint ? [element("p", { class: "hint" }, element("b", {}, "Hint:"), ` ${report.hint}`)] : [];
  if (!ours) return element("div", { class: "error" }, ...chain.flatMap(renderLink), ...hint);
  const [own, ...others] = chain;
  const frames = [...renderFrames(own?.frames ?? []), ...others.flatMap(renderLink)];
  const message = element("p", { class: "message" }, report.message);
  return element("div", { class: "error" }, headline(report.type, ""), message, ...hint, folded("Traceback", frames));
}

function renderLink(link: Link): Node[] {
  const nodes: Node[] = [headline(link.type, link.message), ...renderFrames(link.frames)];
  if (link.relation) nodes.unshift(element("p", { class: "relation" }, link.relation));
  return nodes;
}

function headline(type: string, message: string): HTMLElement {
  return element("p", { class: "headline" }, element("b", {}, type), message ? ` ${message}` : "");
}

/** Frames of cells open; the frames between them folded, one fold for each row of them. */
function renderFrames(frames: readonly Frame[]): Node[] {
  const nodes: Node[] = [];
  let inside: LibraryFrame[] = [];
  const fold = () => {
    if (inside.length > 0) nodes.push(libraryFrames(inside));
    inside = [];
  };
  for (const frame of frames) {
    if ("cell" in frame) {
      fold();
      nodes.push(cellFrame(frame));
    } else inside.push(frame);
  }
  fold();
  return nodes;
}

function cellFrame(frame: CellFrame): HTMLElement {
  const where = `${frame.cell}, line ${frame.line}${frame.function ? `, in ${frame.function}` : ""}`;
  const code = element("pre", { class: "excerpt" });
  for (const [number, text] of frame.lines) {
    const here = number === frame.line;
    const line = element("span", { class: here ? "line here" : "line", "data-number": String(number) });
    line.append(...(here ? marked(text, frame.mark) : [text]), "\n");
    code.append(line);
  }
  return element("div", { class: "frame" }, element("p", { class: "where" }, where), code);
}

/** The part of a line that failed is marked, unless it is all of the line. */
function marked(text: string, [start, end]: readonly [number, number]): (Node | string)[] {
  if (end <= start || text.trim().length <= end - start) return [text];
  return [text.slice(0, start), element("mark", {}, text.slice(start, end)), text.slice(end)];
}

function libraryFrames(frames: readonly LibraryFrame[]): HTMLElement {
  const last = frames[frames.length - 1];
  const packages = [...new Set(frames.map((frame) => frame.file.split("/")[0]?.replace(/\.py$/, "") ?? ""))];
  const calls = frames.length === 1 ? "1 call" : `${frames.length} calls`;
  const list = frames.map((frame) =>
    element(
      "li",
      {},
      element("span", { class: "where" }, `${frame.file}:${frame.line}, in ${frame.function}`),
      element("code", {}, frame.text),
    ),
  );
  return folded(`${calls} inside ${packages.join(", ")}, the last at ${last?.file}:${last?.line}`, [
    element("ol", {}, ...list),
  ]);
}

function folded(summary: string, content: readonly Node[]): HTMLElement {
  return element("details", {}, element("summary", {}, summary), ...content);
}
