/** Bytes kept between visits: in the browser's IndexedDB, in Node in a folder. Needs no Pyodide. */

import { openBrowserStore } from "./browser.js";
import { openFolderStore } from "./folder.js";
import type { Store } from "./model.js";

export type { Entry, Kept, Store } from "./model.js";

/** The store of this place, or undefined where nothing can be kept. Never rejects. */
export async function openStore(): Promise<Store | undefined> {
  return openFolderStore() ?? (await openBrowserStore());
}
