/** Entry of `wasminstall.mjs`: the API to import; starts by itself only as a page's own `<script type="module">`. */

import { startFromScriptTag } from "./script-tag.js";

export * from "./bootstrap.js";
export type { ScriptTagApi, StartedPython } from "./script-tag.js";
export type { ScriptError } from "./scripts/error.js";

declare global {
  // The types mention these; in Node, where the compiler knows no page, they have nothing in them.
  interface Element {}
  interface HTMLScriptElement {}
}

startFromScriptTag();
