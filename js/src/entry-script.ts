/** Entry of `wasminstall.js`, for one plain `<script src>`. */

import { startFromScriptTag } from "./script-tag.js";

export type { ScriptTagApi, StartedPython } from "./script-tag.js";

startFromScriptTag();
