import { readFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

/** The source file, or with conditions inside the source files, of one of a package's exports. */
type Source = string | { readonly [condition: string]: Source }

/**
 * Builds the package in the current folder: one entry for each of its exports, named by the condition `@sse/source`.
 * Writes JavaScript only: `tsc -b tsconfig.build.json` writes the declarations.
 */
export function definePackage(options: Options = {}): ReturnType<typeof defineConfig> {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  return defineConfig({
    entry: Object.values<Record<string, Source>>(exports).flatMap((target) => files(target['@sse/source'])),
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    // `node:sqlite` exists with this prefix only, and Deno and Workers know Node's other built-ins by it.
    removeNodeProtocol: false,
    external: [/^node:/],
    dts: false,
    clean: true,
    sourcemap: true,
    splitting: true,
    treeshake: true,
    ...options,
  })
}

function files(source: Source | undefined): string[] {
  if (source === undefined) return []
  return typeof source === 'string' ? [source] : Object.values(source).flatMap(files)
}
