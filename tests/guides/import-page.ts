import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sse/test-support/free-port'
import { codeBlocks } from '../readme/code-blocks.ts'
import { writeBlocks } from '../readme/write-blocks.ts'

/** The code of a page, as files that a test imports. */
export interface PageCode {
  /** Where the servers of the page listen, instead of port 3000. */
  readonly origin: string
  /** Where the files are, with a trailing slash. */
  readonly folder: string
  /** Imports a file of the page by the name in its first line. */
  load<Module>(file: string): Promise<Module>
}

/** Writes the code blocks of a page to files. Their port is a free one, and their databases are in a new folder. */
export async function importPage(page: string): Promise<PageCode> {
  const port = await freePort()
  const data = mkdtempSync(join(tmpdir(), 'sse-guide-'))
  const place = (code: string) =>
    code.replaceAll('3000', String(port)).replaceAll(/'([\w-]+\.db)'/g, (_, file) => `'${join(data, file)}'`)
  const blocks = codeBlocks(page).map((block) => ({ ...block, code: place(block.code) }))
  const folder = `${writeBlocks(page.replaceAll(/\W/g, '-'), blocks)}${page}/`
  return {
    folder,
    origin: `http://localhost:${port}`,
    load: (file) => import(/* @vite-ignore */ `${folder}${file}`),
  }
}
