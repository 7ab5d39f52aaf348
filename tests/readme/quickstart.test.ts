import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '@sse/test-support/free-port'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks } from './code-blocks.ts'
import { writeBlocks } from './write-blocks.ts'

const GETTING_STARTED = 'docs/start/getting-started.md'
const blocks = ['README.md', GETTING_STARTED].flatMap(codeBlocks)
const lines = (file: string) =>
  blocks
    .find((block) => block.page === 'README.md' && block.file === file)
    ?.code.trimEnd()
    .split('\n') ?? []
const running: ChildProcess[] = []
let folder: string
let port: number

beforeAll(async () => {
  port = await freePort()
  const moved = blocks.map(
    (block): CodeBlock => ({ ...block, code: block.code.replaceAll('3000', String(port)) }),
  )
  folder = writeBlocks('quickstart', moved)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
})

it('the server and the client of the README have about twenty lines', () => {
  expect(lines('server.ts').length).toBeGreaterThan(5)
  expect(lines('client.ts').length).toBeGreaterThan(5)
  expect(lines('server.ts').length).toBeLessThanOrEqual(20)
  expect(lines('client.ts').length).toBeLessThanOrEqual(20)
})

it('the client of the README receives what the server of the README yields', async () => {
  // The client starts first: it waits for its server.
  const client = run('README.md', 'client.ts')
  const printed = readUntil(client, 'Lead 2')
  const server = run('README.md', 'server.ts')
  await Promise.race([printed, once(server, 'exit'), once(client, 'exit')])
  expect(await printed).toEqual(
    expect.arrayContaining(['connecting', 'open', 'Lead 1 for ada', '1 so far', 'Lead 2 for ada']),
  )
})

describe('Getting started', () => {
  it('the client receives what the generator yields, and reconnects after a restart of the server', async () => {
    const client = run(GETTING_STARTED, 'client.ts')
    const first = readUntil(client, 'Lead 2')
    const server = run(GETTING_STARTED, 'server.ts')
    expect(await first).toEqual(expect.arrayContaining(['open', 'Lead 1 for ada', 'Lead 2 for ada']))
    const again = readUntil(client, 'open')
    await stop(server)
    run(GETTING_STARTED, 'server.ts')
    expect(await again).toEqual(expect.arrayContaining(['waiting', 'open']))
  })

  it('a person who was offline receives their leads, also after the server was killed', async () => {
    const server = run(GETTING_STARTED, 'inbox-server.ts')
    const client = run(GETTING_STARTED, 'inbox-client.ts')
    const first = readUntil(client, 'Roof')
    await assign('Roof')
    await first
    await stop(client)
    await assign('Shop')
    await assign('Barn')
    server.kill('SIGKILL')
    await once(server, 'exit')
    run(GETTING_STARTED, 'inbox-server.ts')
    const printed = await readUntil(run(GETTING_STARTED, 'inbox-client.ts'), 'Barn')
    // The first client may have been stopped before its acknowledgement was sent.
    expect(printed.filter((line) => line !== 'Roof')).toEqual(['Shop', 'Barn'])
  })
})

/** Waits for the server, too: it may still be starting. */
async function assign(title: string): Promise<void> {
  const url = `http://localhost:${port}/assign/ada/${title}`
  const post = () => fetch(url, { method: 'POST' }).then(({ status }) => status)
  await expect.poll(() => post().catch(() => 0), { timeout: 20_000 }).toBe(200)
}

/** Returns the lines the process prints from now on, up to one that contains `text`. */
async function readUntil(child: ChildProcess, text: string): Promise<string[]> {
  const printed: string[] = []
  const reader = createInterface({ input: child.stdout! })
  for await (const line of reader) {
    printed.push(line)
    if (line.includes(text)) break
  }
  return printed
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}

function run(page: string, file: string): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@sse/source', file], {
    cwd: `${folder}${page}`,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.push(child)
  return child
}
