/** Starting child processes and servers for the tests. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { dist } from "../../../js/build/project.mjs";

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));

/**
 * What Python sees in this Pyodide after `boot` or `attach`.
 *
 * @param {"boot" | "attach"} how
 * @param {string} folder of the Pyodide
 * @param {string} [archive] base of the archive
 * @param {Record<string, string>} [environment] variables of the process
 */
export async function whatPythonSees(how, folder, archive, environment = {}) {
  const args = [CHILD, how, pathToFileURL(`${folder}/`).href, ...(archive ? [archive] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * Serve js/dist while `use` runs; `encoded` says `Content-Encoding: gzip` as some servers do for `.gz`.
 *
 * @param {{encoded?: boolean}} options
 * @param {(address: string, paths: string[]) => Promise<void>} use gets the address and the list of paths asked for
 */
export async function serveDist({ encoded = false }, use) {
  /** @type {string[]} */
  const paths = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    paths.push(path);
    const bytes = await readFile(dist + path).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, bytes && encoded ? { "content-encoding": "gzip" } : {});
    response.end(bytes);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  try {
    await use(`http://127.0.0.1:${address.port}/`, paths);
  } finally {
    server.close();
  }
}
