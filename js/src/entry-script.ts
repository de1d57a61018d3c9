/** Entry of `wasminstall.js`, for one plain `<script src>`. */

import { startFromScriptTag } from "./script-tag.js";

startFromScriptTag();
