import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { publishHandler, sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { serve } from '@sse/test-support/http-server'
import { until } from '@sse/test-support/until'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand, startShell } from './run-command.ts'

const leads = defineStream({
  path: '/leads',
  events: { lead: type<{ id: number }>(), count: type<number>() },
})

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

describe('publish to an SQLite file', () => {
  let file: string
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sse-publish-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    file = join(folder, 'leads.db')
    const engine = sqlite(file)
    await engine.append([{ channel: 'a', event: 'lead', data: '0' }])
    await engine.close()
  })
  const publish = (...args: string[]) => runCommand(['publish', `sqlite:${file}`, ...args])
  const entries = async () => {
    const engine = sqlite(file)
    try {
      return (await engine.read(1, { limit: 1_000, maxBytes: 1e9 })).entries
    } finally {
      await engine.close()
    }
  }

  it('that does not exist is refused, and created with --create', async () => {
    const other = `${file}.other`
    const args = ['publish', `sqlite:${other}`, 'lead', '1', '-c', 'a']
    const refused = await runCommand(args)
    expect(refused.err).toMatch(/does not exist\n {2}next: .*--create/)
    expect(refused).toMatchObject({ code: 3, out: '' })
    expect(existsSync(other)).toBe(false)
    const created = await runCommand([...args, '--create'])
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^\w+-1\n$/) })
    expect(created.err).toContain('names and payloads are not checked')
  })

  it('reaches the subscribers of a running server', async () => {
    const hub = createHub(leads, { engine: sqlite(file) })
    const server = createServer(sse(hub, { authorize: () => true, channels: 'everyone' })).listen(0)
    cleanups.push(
      () => hub.close(),
      () => server.close(),
    )
    const feed = connect(`http://localhost:${(server.address() as AddressInfo).port}/leads`)
    cleanups.push(() => feed.close())
    const seen: unknown[] = []
    feed.on('lead', (data, { id }) => seen.push(data, id))
    await until(() => feed.status.state === 'open')
    const { out } = await publish('lead', '{"id":7}', '-c', 'everyone')
    await until(() => seen.length > 0)
    expect(seen).toEqual(['{"id":7}', out.trim()])
  })

  it('reads a payload from each line of standard input, prints the ids in order, and trims nothing', async () => {
    // Older, and more, than a hub keeps by default without trimming.
    const db = new DatabaseSync(file)
    db.exec('UPDATE sse_entries SET at = 0')
    db.close()
    const shell = startShell(`seq 13000 | sse publish sqlite:${file} count - -c b`)
    expect(await shell.exited, shell.output).toBe(0)
    expect(shell.output).toContain('13,000 published')
    const ids = [...shell.output.matchAll(/^\w+-(\w+)$/gm)].map(([, id]) => Number.parseInt(id as string, 36))
    expect(ids).toEqual(Array.from({ length: 13_000 }, (_, index) => index + 2))
    const engine = sqlite(file)
    cleanups.push(() => engine.close())
    const { oldest, entries } = await engine.read(0, { limit: 20_000, maxBytes: 1e9 })
    expect(oldest).toBe(1)
    expect(entries.slice(1).map(({ data }) => Number(data))).toEqual(ids.map((id) => id - 1))
  })

  it('reads whole events from standard input, and keeps the order of different names', async () => {
    const lines = [
      '{"event":"a","payload":1}',
      '{"event":"b","channel":"d","key":"k"}',
      '',
      '{"event":"a","payload":"x"}',
    ]
    const shell = startShell(`printf '${lines.join('\\n')}' | sse publish sqlite:${file} - -c c`)
    expect(await shell.exited, shell.output).toBe(0)
    expect(shell.output).toContain('3 published')
    expect(await entries()).toMatchObject([
      { event: 'a', channel: 'c', data: '1' },
      { event: 'b', channel: 'd', data: '', key: 'k' },
      { event: 'a', channel: 'c', data: '"x"' },
    ])
  })

  it('stores nothing again with the same idempotency key', async () => {
    const args = ['lead', '1', '-c', 'a', '--idempotency-key', 'once']
    const [first, second] = [await publish(...args), await publish(...args)]
    expect(first.out).toBe(second.out)
    expect(await entries()).toHaveLength(1)
  })

  it('publishes the lines before one that is wrong, and names it', async () => {
    const shell = startShell(`printf '1\\n2\\n{x\\n4\\n' | sse publish sqlite:${file} count - -c a`)
    expect(await shell.exited).toBe(2)
    expect(shell.output).toMatch(/2 published[\s\S]*Line 3 of standard input is not JSON/)
    expect(await entries()).toHaveLength(2)
  })

  it.each([
    [['lead'], /The event has no channel\n.*--channel/],
    [['lead', 'hello', '-c', 'a'], /The payload is not JSON\n.*'"hello"'/],
    [['lead', '{id:1}', '-c', 'a'], /The payload is not JSON\n.*quote it for the shell/],
    [['open', '1', '-c', 'a'], /event name "open" is reserved/],
    [['lead', '1', '-c', 'a\u0001b'], /channel/],
    [[], /missing required argument 'event'/],
  ])('%j exits with an error and stores nothing', async (args, message) => {
    const { code, out, err } = await publish(...args)
    expect(err).toMatch(message)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(await entries()).toEqual([])
  })
})

describe('publish to the URL of a publishHandler', () => {
  async function startEndpoint() {
    const hub = createHub(leads)
    const requests: unknown[] = []
    const handler = publishHandler(hub, {
      authorize: ({ req }) => (req.headers.authorization === 'Bearer right' ? { id: 'shell' } : null),
      allow: ({ channel }) => channel !== 'secret',
    })
    const server = await serve((req, res) => {
      requests.push(req.url)
      if (req.url === '/publish') return void handler(req, res)
      if (req.url === '/hang') return
      res.writeHead(req.url === '/page' ? 200 : 404).end('<h1>')
    })
    cleanups.push(
      () => hub.close(),
      () => server[Symbol.asyncDispose](),
    )
    return { origin: server.origin, requests, stored: () => hub.getState(() => {}) }
  }
  const right = ['-H', 'authorization: Bearer right']

  it('prints the ids that the app answers with, and lines that wait share a request', async () => {
    const { origin, requests, stored } = await startEndpoint()
    const one = await runCommand(['publish', `${origin}/publish`, ...right, '-c', 'c', 'lead', '{"id":1}'])
    expect(one).toMatchObject({ code: 0, out: expect.stringMatching(/^\w+-1\n$/), err: '' })
    const lines = Array.from({ length: 200 }, (_, id) => `${id}\\n`).join('')
    const command = `sse publish ${origin}/publish -H 'authorization: Bearer right' -c c count -`
    const shell = startShell(`printf '${lines}' | ${command}`)
    expect(await shell.exited, shell.output).toBe(0)
    expect(shell.output.trim().split('\n')).toHaveLength(201)
    expect(requests.length).toBeLessThan(100)
    expect((await stored()).lastEventId).toMatch(new RegExp(`-${(201).toString(36)}$`))
    const once = [
      'publish',
      `${origin}/publish`,
      ...right,
      '-c',
      'c',
      'count',
      '7',
      '--idempotency-key',
      'once',
    ]
    expect((await runCommand(once)).out).toBe((await runCommand(once)).out)
    expect((await stored()).lastEventId).toMatch(new RegExp(`-${(202).toString(36)}$`))
  })

  it.each([
    ['/publish', ['lead', '1', '-c', 'c'], /answered 401.*\n {2}next: sign in: -H/],
    ['/publish', ['nope', '1', '-c', 'c', ...right], /answered 422: .*nope.*\n {2}next: correct the event/],
    ['/publish', ['lead', '1', '-c', 'secret', ...right], /answered 403/],
    ['/other', ['lead', '1', '-c', 'c'], /answered 404.*\n {2}next: .*publishHandler/],
    [
      '/page',
      ['lead', '1', '-c', 'c'],
      /answered 200 without ids\n {2}next: .*not the URL of a publishHandler/,
    ],
    ['/hang', ['lead', '1', '-c', 'c', '--timeout', '100ms'], /has not answered for 0\.1 s/],
  ])('reports what is refused: %s %j', async (path, args, message) => {
    const { origin, stored } = await startEndpoint()
    const { code, out, err } = await runCommand(['publish', `${origin}${path}`, ...args])
    expect(err).toMatch(message)
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect((await stored()).lastEventId).toMatch(/-0$/)
  })
})

it('never prints the password of an address, and creates no file for a wrong one', async () => {
  const refused = await runCommand(['publish', 'postgres://app:s3cret@127.0.0.1:9/x', 'lead', '1', '-c', 'a'])
  expect(refused.code).toBe(3)
  expect(refused.err).toContain('cannot be reached')
  const wrong = await runCommand(['publish', 'mysql://app:s3cret@localhost', 'lead', '1', '-c', 'a'])
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('mysql://app:***@localhost') })
  expect(refused.err + wrong.err).not.toContain('s3cret')
  expect(existsSync('mysql:')).toBe(false)
})
