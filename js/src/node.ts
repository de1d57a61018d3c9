/** Node's built-in modules without an import that would trouble bundlers for the browser. */

interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

/** The built-in module of this name, or undefined outside Node. */
export function nodeBuiltin(name: string): unknown {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.(name);
}
