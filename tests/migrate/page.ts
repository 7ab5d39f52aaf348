import { freePort } from '@sse/test-support/free-port'
import { codeBlocks } from '../readme/code-blocks.ts'
import { writeBlocks } from '../readme/write-blocks.ts'

/** The code of one page of docs/migrate, as files that can be imported. */
export interface MigrationPage {
  /** Imports a file of the page, in this process. A server of it starts to listen. */
  load<Exports>(file: string): Promise<Exports>
  /** Where the server of a file listens. */
  origin(file: string): string
}

/** Writes the named blocks of a page, with a free port for each that says 3000. */
export async function openPage(name: string): Promise<MigrationPage> {
  const page = `docs/migrate/${name}.md`
  const ports = new Map<string, number>()
  const blocks = []
  for (const block of codeBlocks(page)) {
    const port = await freePort()
    ports.set(block.file, port)
    blocks.push({ ...block, code: block.code.replaceAll('3000', String(port)) })
  }
  const folder = `${writeBlocks(`migrate-${name}`, blocks)}${page}/`
  return {
    load: (file) => import(/* @vite-ignore */ folder + file),
    origin: (file) => `http://127.0.0.1:${ports.get(file)}`,
  }
}
