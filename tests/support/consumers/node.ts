/** A strict user in Node, whose compiler knows no page. Compiled, never run. */

import { argv } from "node:process";
import { BootError, boot, type InstallReport } from "wasminstall";

export async function main(): Promise<InstallReport> {
  const python = await boot({ packages: argv.slice(2), stdout: console.log }).catch((error: unknown) => {
    throw error instanceof BootError ? new Error(error.code) : error;
  });
  await python.execute("print(1)", ({ kind }) => console.log(kind));
  return await python.install("six", { dryRun: true, progress: ({ text }) => console.log(text) });
}

// @ts-expect-error here is no document
document.title;
