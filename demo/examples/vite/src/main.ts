/** Marks a word in a text, with up to two mistakes in it. There is no vite.config: no plugin, no option. */

import { boot } from "wasminstall";
import "../../example.css";

const TEXT = `Our houses accommodate up to ten people each. If you are more, we can accomodate the others in the village, \
where the mill acommodates four and the inn will acommodate whoever is left.

Acommodation has to be paid on arival. We recommend to book early, and recomend the train: it arrives twice a day, \
unless it does not arive at all.`;

const text = element("text", HTMLPreElement);
const word = element("word", HTMLInputElement);
const status = element("status", HTMLElement);
text.textContent = TEXT;

const python = await boot({
  pyodide: "/pyodide/",
  packages: "regex",
  onProgress: (detail) => {
    status.textContent = detail.text;
  },
});

const mark = (await python.run(`
from html import escape
import regex

def mark(word, text):
    nearly = rf"(?ei)\\b(?:{regex.escape(word)}){{e<=2}}\\b"
    return regex.sub(nearly, r"<mark>\\g<0></mark>", escape(text)) if len(word) > 2 else escape(text)

mark
`)) as (word: string, text: string) => string;

function update(): void {
  text.innerHTML = mark(word.value, TEXT);
  status.textContent = `${text.querySelectorAll("mark").length} found`;
}

word.addEventListener("input", update);
update();

function element<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}
