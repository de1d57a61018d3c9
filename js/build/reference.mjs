/**
 * `node js/build/reference.mjs`: the public names of the JavaScript side as Markdown, from their types and comments, as
 * JSON on stdout: `{ name: section }`. docs/hooks/content.py puts the sections into pages.
 */

import { API } from "typescript/unstable/sync";
import { readTypeEntries, root } from "./project.mjs";

const { SyntaxKind } = await import("typescript/unstable/ast");

/** @typedef {import("typescript/unstable/ast").Node} Node */
/** @typedef {import("typescript/unstable/sync").Symbol} Symbol */
/**
 * What there may be of a declaration.
 * @typedef {{ name?: Node, type?: Node, body?: Node, postfixToken?: Node, parameters?: Node[], members?: Node[] }} Parts
 */
/** @typedef {{ symbol: Symbol, declarations: Node[] }} Named */

const api = new API({ cwd: root });
const [project] = api.updateSnapshot({ openProjects: [`${root}tsconfig.json`] }).getProjects();
if (!project) throw new Error("tsconfig.json is no project");
const { checker, program } = project;

const entries = (await readTypeEntries()).map((name) => `${root}js/src/${name.replace(/\.d\.ts$/, ".ts")}`);
const names = new Map(entries.flatMap(exportsOf));
console.log(
  JSON.stringify(Object.fromEntries([...names].map(([name, found]) => [name, section(name, found)])), null, 1),
);
api.close();

/**
 * @param {string} path
 * @returns {[string, Named][]} what a module exports, wherever it is declared
 */
function exportsOf(path) {
  const file = program.getSourceFile(path);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${path} is no module`);
  return checker.getExportsOfModule(module).map((exported) => {
    const symbol = exported.declarations.some(({ kind }) => kind === SyntaxKind.ExportSpecifier)
      ? checker.getAliasedSymbol(exported)
      : exported;
    return [exported.name, { symbol, declarations: declarationsOf(symbol) }];
  });
}

/**
 * @param {Symbol} symbol
 * @returns {Node[]}
 */
function declarationsOf(symbol) {
  return symbol.declarations.flatMap((handle) => handle.resolve(project) ?? []);
}

/**
 * @param {string} name
 * @param {Named} found
 */
function section(name, { symbol, declarations }) {
  const parts = [code(declarations), comment(symbol), table(declarations[0])];
  return [`### ${name}`, ...parts.filter(Boolean)].join("\n\n");
}

/**
 * Signatures, and types that are short; of what has members only the head, where it says more than the name.
 * @param {Node[]} declarations
 */
function code(declarations) {
  const shown = declarations.filter((node) => !isImplementation(node, declarations)).map(head);
  if (/^(?:interface|class) \w+$/.test(shown.join())) return "";
  return `\`\`\`ts\n${shown.join("\n")}\n\`\`\``;
}

/** @param {Node} node @param {Node[]} all */
function isImplementation(node, all) {
  return all.length > 1 && Boolean(/** @type {Parts} */ (node).body);
}

/** @param {Node} node */
function head(node) {
  const { name, type, body } = /** @type {Parts} */ (node);
  if (node.kind === SyntaxKind.VariableDeclaration) return `const ${name?.getText()}: ${type?.getText()}`;
  const text = node.getText().replace(/^export (async )?/, "");
  if (body)
    return text
      .slice(0, -body.getText().length)
      .trim()
      .replace(/(\w+): ([^=,]+) = \{\}/g, "$1?: $2");
  return membersOf(node).length ? text.slice(0, text.indexOf(" {")) : text.replace(/;$/, "");
}

/**
 * @param {Node | undefined} node
 * @returns {string} a row for each member
 */
function table(node) {
  const rows = membersOf(node).map(row);
  return rows.length ? ["| Member | Type | |", "| --- | --- | --- |", ...rows].join("\n") : "";
}

/**
 * @param {Node | undefined} node
 * @returns {readonly Node[]} those for everybody
 */
function membersOf(node) {
  const { members = [] } = /** @type {Parts} */ (node ?? {});
  return members.filter((member) => /^["\w]/.test(/** @type {Parts} */ (member).name?.getText() ?? ""));
}

/** @param {Node} member */
function row(member) {
  const { name, type, parameters, postfixToken } = /** @type {Parts} */ (member);
  const isOptional = postfixToken?.kind === SyntaxKind.QuestionToken;
  const listed = parameters ? `(${parameters.map((parameter) => parameter.getText()).join(", ")})` : "";
  const shown = `${name?.getText()}${isOptional ? "?" : ""}${listed}`;
  const what = (type?.getText() ?? "").replace(/ \| undefined$/, isOptional ? "" : "$&");
  const symbol = name && checker.getSymbolAtLocation(name);
  return `| ${html(shown)} | ${html(what)} | ${symbol ? oneLine(comment(symbol)) : ""} |`;
}

/**
 * Code whose public names are links; in a table, where a backtick could not hold a link or a bar.
 * @param {string} text
 */
function html(text) {
  const plain = oneLine(text)
    .replaceAll("readonly ", "")
    .replace(/Readonly<((?:[^<>]|<[^<>]*>)*)>/g, "$1");
  const linked = plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/\b[A-Z]\w+\b/g, (word) => (names.has(word) ? `<a href="#${word.toLowerCase()}">${word}</a>` : word));
  return `<code>${linked.replaceAll("|", "&#124;")}</code>`;
}

/** @param {Symbol} symbol */
function comment(symbol) {
  return symbol.getDocumentationComment(checker).trim();
}

/** @param {string} text */
function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}
