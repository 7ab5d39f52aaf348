import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPage } from './code-blocks.ts'

/**
 * Writes the Python blocks of a page, named by a first line such as `# main.py`, and `others` into one folder.
 *
 * @returns the folder, with a trailing slash.
 */
export function writePythonBlocks(page: string, others: Record<string, string>): string {
  const folder = fileURLToPath(new URL(`../.cache/python/${basename(page, '.md')}/`, import.meta.url))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [, code = '', file = ''] of readPage(page).matchAll(
    /^```python\n(# ([\w-]+\.py)\n[\s\S]*?)^```$/gm,
  ))
    writeFileSync(folder + file, code)
  for (const [file, code] of Object.entries(others)) writeFileSync(folder + file, code)
  return folder
}
