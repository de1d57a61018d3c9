/** Bytes kept between visits: in the browser's storage, in Node in a folder. Needs no Pyodide. */

import { nodeBuiltin } from "../node.js";
import { openBrowserStore } from "./browser.js";
import type { Store } from "./model.js";

export type { Entry, Kept, Opened, Part, Store } from "./model.js";

/** The store of this place, or undefined where nothing can be kept. Never rejects. */
export async function openStore(): Promise<Store | undefined> {
  if (!nodeBuiltin("node:fs/promises")) return openBrowserStore();
  // No page needs it.
  return import("./folder.js").then(({ openFolderStore }) => openFolderStore()).catch(() => undefined);
}
