/** Entry of `wasminstall.mjs`: the API to import; starts by itself only as a page's own `<script type="module">`. */

import { startFromScriptTag } from "./script-tag.js";

export * from "./bootstrap.js";
export type { ScriptTagApi } from "./script-tag.js";

startFromScriptTag();
