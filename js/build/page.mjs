/** The script inside the Python package: run before the wheel is built. */

import { bundlePage } from "./bundle.mjs";

await bundlePage();
