/** `npm run build [-- WHEEL]`: everything in js/dist. `--bundle` alone needs no Python wheel. */

import { parseArgs } from "node:util";
import { buildArchives } from "./archive.mjs";
import { bundle } from "./bundle.mjs";
import { printSizes } from "./sizes.mjs";

const { values, positionals } = parseArgs({ options: { bundle: { type: "boolean" } }, allowPositionals: true });
await bundle();
if (!values.bundle) await buildArchives(positionals[0]);
await printSizes();
