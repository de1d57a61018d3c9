/** What Python says of an install, in the words of a page: attributes in place of arguments. */

import type { ErrorFrame, ErrorOutput } from "../display/model.js";

/** How an argument of `wasminstall.install` is written in a script element, where there is an attribute for it. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bindex_urls=\[?\.\.\.\]?/g, 'data-index="..."'],
  [/\bprefer="newest"/g, 'data-prefer="newest"'],
  [/\bfile=\.\.\./g, 'data-requirements="..."'],
  [/\block=\.\.\./g, 'data-lock="..."'],
  [/\bfile=(?=")/g, "data-requirements="],
  [/\block=(?=")/g, "data-lock="],
  [/\bindex_for=\{("[^"]+"): "[^"]+"\}/g, "await wasminstall.install($1, $&) in an earlier script"],
];

/** The error with its hints in these words; the block of a script is called `label`, as in tracebacks. */
export function inPageWords(output: ErrorOutput, label: string): ErrorOutput {
  const said = (text: string): string => translated(text).replaceAll("<text>", label);
  const { message, traceback, hint, chain } = output;
  return {
    ...output,
    message: said(message),
    traceback: said(traceback),
    hint: hint && said(hint),
    chain: chain?.map((link) => ({ ...link, message: said(link.message) })),
  };
}

/** What the code of a script raised: a page says what it needs in an attribute. */
export function ofCode(output: ErrorOutput): ErrorOutput {
  return { ...output, hint: inAttribute(output.hint, "script") };
}

/** What an import that `data-preload` asks for raised: the code that imports is ours and not shown. */
export function ofPreload(output: ErrorOutput): ErrorOutput {
  const isTheirs = ({ kind, filename }: ErrorFrame): boolean => kind === "library" && !filename.includes("importlib");
  const chain = output.chain?.map((link) => ({ ...link, frames: link.frames.filter(isTheirs) })) ?? [];
  const { type } = output;
  const said = (what: string): string => `data-preload names what cannot be imported: ${what}`;
  if (type !== "ModuleNotFoundError" || chain.some(({ frames }) => frames.length > 0)) {
    return { ...output, message: said(`${type}: ${output.message}`), chain, plain: true };
  }
  const add = inAttribute(output.hint, "tag of wasminstall");
  const hint = add === output.hint ? add : `mend the name in data-preload, or ${add}`;
  return { ...output, message: said(output.message), chain: [], traceback: "", hint, plain: true };
}

function inAttribute(hint: string | undefined, element: string): string | undefined {
  return hint?.replace(/^await wasminstall\.install\("([^"]+)"\)/, `add data-packages="$1" to the ${element}`);
}

function translated(text: string): string {
  return WORDS.reduce((said, [python, page]) => said.replace(python, page), text);
}
