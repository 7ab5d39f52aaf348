import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '@sse/test-support/free-port'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks } from './code-blocks.ts'
import { writeBlocks } from './write-blocks.ts'

const blocks = codeBlocks('README.md')
const lines = (file: string) =>
  blocks
    .find((block) => block.file === file)
    ?.code.trimEnd()
    .split('\n') ?? []
const running: ChildProcess[] = []
let folder: string

beforeAll(async () => {
  const port = await freePort()
  const moved = blocks.map(
    (block): CodeBlock => ({ ...block, code: block.code.replaceAll('3000', String(port)) }),
  )
  folder = writeBlocks('quickstart', moved)
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill()
})

it('the server and the client of the README have about twenty lines', () => {
  expect(lines('server.ts').length).toBeGreaterThan(5)
  expect(lines('client.ts').length).toBeGreaterThan(5)
  expect(lines('server.ts').length).toBeLessThanOrEqual(20)
  expect(lines('client.ts').length).toBeLessThanOrEqual(20)
})

it('the server and the client of the README run, and find each other', async () => {
  // The client is started first: it waits for its server.
  const client = run('client.ts')
  const said: string[] = []
  const saysTwoLeads = (async () => {
    for await (const line of createInterface({ input: client.stdout! })) {
      said.push(line)
      if (line.includes('Lead 2')) return
    }
  })()
  await Promise.race([saysTwoLeads, once(run('server.ts'), 'exit'), once(client, 'exit')])
  expect(said).toEqual(
    expect.arrayContaining(['connecting', 'open', 'Lead 1 for ada', '1 so far', 'Lead 2 for ada']),
  )
})

function run(file: string): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@sse/source', file], {
    cwd: `${folder}README.md`,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.push(child)
  return child
}
