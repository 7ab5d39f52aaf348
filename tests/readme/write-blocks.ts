import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CodeBlock } from './code-blocks.ts'

/** Beside the tests' `node_modules`, and out of git. */
const cache = new URL('../.cache/', import.meta.url)

/**
 * Writes each page's blocks into a folder of its own, where they import each other by name, with a
 * configuration that compiles all of them. A block starts on the line it has in its page, so that the compiler
 * names that line.
 *
 * @returns the folder, with a final slash.
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
    // Blocks are modules, also those that neither import nor export.
    compilerOptions: { moduleDetection: 'force', incremental: false, jsx: 'react-jsx' },
    include: ['**/*.ts', '**/*.tsx', '../../readme/runtimes.d.ts'],
    exclude: [],
  }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
  writeFileSync(`${folder}package.json`, JSON.stringify({ type: 'module' }))
  return folder
}
