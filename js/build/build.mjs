/** `npm run build [-- WHEEL]`: everything in js/dist. `--bundle` alone needs no Python wheel. */

import { parseArgs } from "node:util";
import { buildArchives } from "./archive.mjs";
import { bundle } from "./bundle.mjs";
import { buildCompiled } from "./compiled.mjs";
import { buildFirst } from "./first.mjs";
import { writeIntegrity } from "./integrity.mjs";
import { printSizes } from "./sizes.mjs";

const { values, positionals } = parseArgs({ options: { bundle: { type: "boolean" } }, allowPositionals: true });
await bundle();
if (!values.bundle) {
  await buildArchives(positionals[0]);
  await Promise.all([buildFirst(), buildCompiled()]);
}
await writeIntegrity();
await printSizes();
