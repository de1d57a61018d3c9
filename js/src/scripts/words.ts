/** What Python says of an install, in the words of a page: attributes in place of arguments. */

import type { ErrorOutput } from "../display/model.js";

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

function translated(text: string): string {
  return WORDS.reduce((said, [python, page]) => said.replace(python, page), text);
}
