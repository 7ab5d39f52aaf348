import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CodeBlock } from './code-blocks.ts'

/** Next to the tests' `node_modules`, ignored by git. */
const cache = new URL('../.cache/', import.meta.url)

/**
 * Writes the blocks into one folder per page, where they import each other by name, with a configuration that compiles
 * all of them. A block starts on the line it has in its page, so that compiler errors name that line.
 *
 * @returns the folder, with a trailing slash.
 */
export function writeBlocks(name: string, blocks: readonly CodeBlock[]): string {
  const folder = fileURLToPath(new URL(`${name}/`, cache))
  rmSync(folder, { recursive: true, force: true })
  for (const { page, file, line, code } of blocks) {
    mkdirSync(folder + page, { recursive: true })
    writeFileSync(`${folder}${page}/${file}`, '\n'.repeat(line - 1) + code)
  }
  const config = {
    extends: '../../tsconfig.json',
    // Blocks without import and export are modules too.
    compilerOptions: { moduleDetection: 'force', incremental: false, jsx: 'react-jsx' },
    include: ['**/*.ts', '**/*.tsx', '../../readme/runtimes.d.ts'],
    exclude: [],
  }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
  writeFileSync(`${folder}package.json`, JSON.stringify({ type: 'module' }))
  return folder
}
