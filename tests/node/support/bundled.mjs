/** A module of js/src for tests: bundled, and imported without a file. */

import { build } from "esbuild";

/**
 * @param {string} path below js/src
 * @returns {Promise<any>} its exports
 */
export async function bundled(path) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../../../js/src/${path}`, import.meta.url).pathname],
    bundle: true,
    format: "esm",
    write: false,
    target: "es2022",
  });
  const source = outputFiles.map(({ contents }) => Buffer.from(contents).toString("base64")).join("");
  return import(`data:text/javascript;base64,${source}`);
}
