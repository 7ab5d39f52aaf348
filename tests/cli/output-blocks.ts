import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'

/**
 * A block of a page whose commands are run:
 *
 *     <!-- output: lead-server -->
 *     ```console
 *     $ sse tail http://localhost:3000/leads -n 1
 *     14:03:22.123 lead {"id":7}
 *     ```
 *
 * The comment names the script in this folder that listens on port 3000 meanwhile, or `nothing`.
 */
export interface OutputBlock {
  readonly server: string
  readonly commands: readonly { readonly command: string; readonly output: string }[]
  /** The block's text in the page. */
  readonly text: string
}

const BLOCK = /^<!-- output: ([\w-]+) -->\n```console\n([\s\S]*?)^```$/gm

export function outputBlocks(page: string): OutputBlock[] {
  return [...page.matchAll(BLOCK)].map(({ 0: text, 1: server = '', 2: body = '' }) => ({
    server,
    text,
    commands: body
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...output] = part.split('\n')
        return { command, output: output.join('\n').trimEnd() }
      }),
  }))
}

/** Runs the commands of a block one after the other, and resolves with what each has printed, on both streams. */
export async function runBlock({ server, commands }: OutputBlock): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-docs-'))
  const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
  const sse = `#!/bin/sh\nexec "${process.execPath}" --conditions=@sse/source "${main}" "$@"\n`
  writeFileSync(join(folder, 'sse'), sse, { mode: 0o755 })
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, TZ: 'UTC', COLUMNS: '80' }
  const port = String(await freePort())
  const running =
    server === 'nothing'
      ? undefined
      : startProgram(
          process.execPath,
          ['--conditions=@sse/source', fileURLToPath(new URL(`${server}.ts`, import.meta.url)), port],
          { cwd: folder },
        )
  try {
    await running?.says(/listening/)
    const outputs: string[] = []
    for (const { command } of commands) {
      const local = command.replaceAll('localhost:3000', `localhost:${port}`)
      const program = startProgram('sh', ['-c', local], { cwd: folder, env })
      await program.exited
      outputs.push(program.output.replaceAll(`localhost:${port}`, 'localhost:3000').trimEnd())
    }
    return outputs
  } finally {
    await running?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Returns the block with other outputs. */
export function withOutputs({ server, commands }: OutputBlock, outputs: readonly string[]): string {
  const body = commands.map(({ command }, index) => `$ ${command}\n${outputs[index]}\n`).join('')
  return `<!-- output: ${server} -->\n\`\`\`console\n${body}\`\`\``
}

/** Returns an output with everything that differs from run to run replaced: ids, times, numbers, bars and columns. */
export function normalise(output: string): string {
  return output
    .replace(/\b[0-9a-f]{12}-[0-9a-z]+/g, '<id>')
    .replace(/\b[0-9a-f]{12}\b/g, '<epoch>')
    .replace(/\d+(?:[.,:T-]\d+)*Z?/g, '<n>')
    .replace(/[\u2500-\u259f]+/g, '<bar>')
    .replace(/[ \t]+/g, ' ')
}

export const root: URL = new URL('../../', import.meta.url)
export const readDocs = (page: string): string => readFileSync(new URL(page, root), 'utf8')
export const writeDocs = (page: string, text: string): void => writeFileSync(new URL(page, root), text)
