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

/**
 * Runs the commands of a page's blocks one after the other, and resolves with what each has printed, on both streams.
 * Blocks that name the same server share it.
 */
export async function runBlocks(blocks: readonly OutputBlock[]): Promise<string[][]> {
  const outputs = new Map<OutputBlock, string[]>()
  const servers = [...new Set(blocks.map(({ server }) => server))]
  await Promise.all(
    servers.map(async (server) => {
      await using shell = await openShell(server)
      for (const block of blocks.filter((each) => each.server === server)) {
        const printed: string[] = []
        for (const { command } of block.commands) printed.push(await shell.run(command))
        outputs.set(block, printed)
      }
    }),
  )
  return blocks.map((block) => outputs.get(block) as string[])
}

/** Starts a server in a new folder, in which commands then run. */
async function openShell(server: string) {
  const folder = mkdtempSync(join(tmpdir(), 'sse-docs-'))
  const node = `"${process.execPath}" --conditions=@sse/source`
  const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
  writeFileSync(join(folder, 'sse'), `#!/bin/sh\nexec ${node} "${main}" "$@"\n`, { mode: 0o755 })
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, TZ: 'UTC' }
  const port = String(await freePort())
  const script = fileURLToPath(new URL(`${server}.ts`, import.meta.url))
  const args = ['--conditions=@sse/source', script, port]
  const running = server === 'nothing' ? undefined : startProgram(process.execPath, args, { cwd: folder })
  await running?.says(/listening/)
  return {
    async run(command: string): Promise<string> {
      const local = command.replaceAll('localhost:3000', `localhost:${port}`)
      // One pipe for both streams: their lines stay in order.
      const program = startProgram('sh', ['-c', `{ ${local}\n} 2>&1`], { cwd: folder, env })
      await program.exited
      return program.output.replaceAll(`localhost:${port}`, 'localhost:3000').trimEnd()
    },
    async [Symbol.asyncDispose]() {
      await running?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
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
    .replace(/<n> (?:[KMGT]i)?B\b/g, '<size>')
    .replace(/<n> (?:ms|s|min|h|d)\b/g, '<time>')
    .replace(/[\u2500-\u259f]+/g, '<bar>')
    .replace(/[ \t]+/g, ' ')
}

export const root: URL = new URL('../../', import.meta.url)
export const readDocs = (page: string): string => readFileSync(new URL(page, root), 'utf8')
export const writeDocs = (page: string, text: string): void => writeFileSync(new URL(page, root), text)
