import { createContext, Script } from 'node:vm'
import { build } from 'esbuild'

/** Bundles the client from its sources for a realm without modules. `code` is what a module would say. */
export async function bundleClient(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'client',
    target: 'es2022',
    conditions: ['@sse/source'],
  })
  return outputFiles[0]?.text ?? ''
}

/** Makes a realm that has the language, timers and `globals` alone, and runs the scripts in it. Returns the last value. */
export function runInRealm(globals: Record<string, unknown>, ...scripts: string[]): unknown {
  const realm = createContext({ setTimeout, clearTimeout, console, ...globals })
  return scripts.map((text) => new Script(text).runInContext(realm)).at(-1)
}
