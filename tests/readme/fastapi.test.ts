import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { defineStream, type StreamContract, type } from '@sse/contract'
import { startProgram } from '@sse/test-support/program'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'
import { requireProgram, requirePythonPackages } from '@sse/test-support/require-program'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../cli/run-command.ts'
import { codeBlocks, readPage } from './code-blocks.ts'
import { writePythonBlocks } from './python-blocks.ts'

const PAGE = 'docs/guides/fastapi.md'
const example = fileURLToPath(new URL('../../examples/fastapi/', import.meta.url))
const python = requirePythonPackages()
const curl = requireProgram('curl')
const commands = [...readPage(PAGE).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines = '']) =>
  lines.trim().split('\n'),
)
const command = (start: string) => commands.find((line) => line.startsWith(start)) ?? ''

/** Serves every app of the page but the first under its name. */
const ALL = `
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
import article, ends, named, refuse, resume
apps = [article, ends, named, refuse, resume]
app = Starlette(routes=[Mount("/" + each.__name__, each.app) for each in apps])
`

describe.skipIf(!python)(`the apps of ${PAGE}`, () => {
  let folder: string
  let server: ProgramServer
  beforeAll(async () => {
    folder = writePythonBlocks(PAGE, { 'all.py': ALL, 'live.py': readFileSync(`${example}live.py`, 'utf8') })
    server = await startUvicorn('all:app', '--timeout-graceful-shutdown', '1')
  })
  afterAll(() => server?.stop())

  const startUvicorn = (app: string, ...options: string[]) =>
    startProgramServer(
      python as string,
      (port) => ['-B', '-m', 'uvicorn', app, '--port', String(port), ...options],
      { cwd: folder },
    )

  const at = (app: string) => ({ baseUrl: `${server.origin}/${app}` })

  it('the first app gives the contract of the page, by which its leads are read', async () => {
    const [, app = '', ...options] = command('uvicorn').split(' ')
    await using first = await startUvicorn(app, ...options.slice(2))
    const [, name = '', url = '', ...output] = command('npx').split(' ').slice(1)
    const file = `${folder}${output[1]}`
    const result = await runCommand([name, url.replace('http://localhost:8000', first.origin), '-o', file])
    expect(result.code, result.err).toBe(0)
    const written = readFileSync(file, 'utf8')
    expect(codeBlocks(PAGE).find((block) => block.file === 'contracts.ts')?.code).toBe(
      `// contracts.ts\n${written.slice(written.indexOf('import'))}`,
    )
    const { leadsStream } = await import(file)
    using feed = connect(leadsStream as StreamContract<'/'>, { baseUrl: first.origin })
    for await (const { payload } of feed) {
      expect(payload).toEqual({ id: 1, name: 'Lead 1', source: 'web', budget: null })
      break
    }
  })

  it('named events arrive under their names', async () => {
    const events: unknown[] = []
    const contract = defineStream({
      path: '/leads/stream',
      events: { lead: type<unknown>(), assigned: type<unknown>() },
    })
    using feed = connect(contract, at('named'))
    for await (const { event, payload } of feed) if (events.push([event, payload]) === 2) break
    expect(events).toEqual([
      ['lead', { id: 1, name: 'Ada' }],
      ['assigned', { lead_id: 1, owner: 'Grace' }],
    ])
  })

  it.skipIf(!curl)('what curl posts reaches the stream with an id', async () => {
    const contract = defineStream({ path: '/leads/stream', events: { lead: type<unknown>() } })
    using feed = connect(contract, at('resume'))
    const events = feed[Symbol.asyncIterator]()
    await expect.poll(() => feed.lastEventId).not.toBe('')
    const line = command('curl').replace('http://localhost:8000', `${server.origin}/resume`)
    await using posting = startProgram('sh', ['-c', line])
    expect(await posting.exited, posting.output).toBe(0)
    expect((await events.next()).value).toMatchObject({
      payload: { id: 1, name: 'Ada' },
      id: expect.stringMatching(/-1$/),
    })
  })

  it('a stream that ends is over for the client, and 204 for an EventSource that reconnects', async () => {
    const contract = defineStream({ path: '/import', events: { message: type<{ percent: number }>() } })
    using feed = connect(contract, at('ends'))
    const events: unknown[] = []
    for await (const { payload } of feed) events.push(payload)
    expect(events).toEqual([0, 50, 100].map((percent) => ({ percent })))
    expect(feed.status).toMatchObject({ state: 'closed', reason: 'ended' })
    const again = await fetch(`${server.origin}/ends/import`, {
      headers: { 'last-event-id': feed.lastEventId },
    })
    expect(again.status).toBe(204)
  })

  it('a refusal closes the feed with what FastAPI says', async () => {
    const contract = defineStream({ path: '/ticks', events: { message: type<number>() } })
    using feed = connect(contract, { ...at('refuse'), onError: () => {} })
    await expect
      .poll(() => feed.status)
      .toMatchObject({
        state: 'closed',
        error: { code: 'http_status', status: 401, cause: { message: 'Not signed in' } },
      })
    using signedIn = connect(contract, { ...at('refuse'), headers: { authorization: 'Bearer secret' } })
    for await (const { payload } of signedIn) {
      expect(payload).toBe(1)
      break
    }
  })

  it('the numbers of sse-starlette arrive', async () => {
    const contract = defineStream({ path: '/stream', events: { message: type<number>() } })
    using feed = connect(contract, at('article'))
    for await (const { payload } of feed) {
      expect(payload).toSatisfy(Number.isInteger)
      break
    }
  })
})

it('the packages that the page installs are those of the example', () => {
  const packages = readFileSync(`${example}requirements.txt`, 'utf8').match(/^[\w-]+/gm)
  expect(command('pip install').split(' ').slice(2)).toEqual(packages)
  const { dependencies } = JSON.parse(readFileSync(`${example}package.json`, 'utf8'))
  const installed = command('npm install').split(' ').slice(2)
  expect(installed.filter((name) => !Object.hasOwn(dependencies, name))).toEqual([])
})
