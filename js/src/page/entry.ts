/** Entry of `_page.js`, which Python loads where there is no bootstrap: leaves the function for it to take. */

import { createPage } from "./index.js";

declare global {
  var _wasminstallPage: typeof createPage | undefined;
}

globalThis._wasminstallPage = createPage;
