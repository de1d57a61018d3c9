/** A Python editor: CodeMirror with the keys of a notebook. Colours come from the style sheet. */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export interface EditorActions {
  /** Shift-Enter. */
  runAndAdvance(): void;
  /** Ctrl-Enter or Cmd-Enter. */
  run(): void;
  changed(): void;
}

export function createEditor(code: string, label: string, actions: EditorActions): EditorView {
  const key = (action: () => void) => () => {
    action();
    return true;
  };
  return new EditorView({
    state: EditorState.create({
      doc: code,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Shift-Enter", run: key(actions.runAndAdvance) },
            { key: "Mod-Enter", run: key(actions.run) },
            { key: "Ctrl-Enter", run: key(actions.run) },
          ]),
        ),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        indentUnit.of("    "),
        python(),
        syntaxHighlighting(classHighlighter),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) actions.changed();
        }),
      ],
    }),
  });
}
