import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { defineStream, type StreamContract, type } from '@sse/contract'
import type { ProgramServer } from '@sse/test-support/program-server'
import { requirePython, requirePythonPackages } from '@sse/test-support/require-program'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as fastapi from './documents/fastapi.ts'
import * as handwritten from './documents/handwritten.ts'
import { startApp } from './python-apps.ts'

const current = requirePythonPackages()
const debian = requirePython('fastapi', 'uvicorn')

/** Starts the app for the tests of a `describe`, and compares what it publishes with the document in the repository. */
function serve(
  python: string | undefined,
  module: string,
  document: string,
): { readonly origin: string; readonly server: ProgramServer } {
  let server: ProgramServer
  beforeAll(async () => {
    server = await startApp(python as string, module)
  })
  afterAll(() => server?.stop())
  it(`publishes ${document}`, async () => {
    const published = await (await fetch(`${server.origin}/openapi.json`)).json()
    const file = fileURLToPath(new URL(document, import.meta.url))
    if (process.env.UPDATE_DOCUMENTS) writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`)
    expect(published).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })
  return {
    get server() {
      return server
    },
    get origin() {
      return server.origin
    },
  }
}

/** Reads this many events of a stream. */
async function read(contract: object, origin: string, count: number): Promise<unknown[]> {
  using feed = connect(contract as StreamContract<'/'>, { baseUrl: origin })
  const received: unknown[] = []
  for await (const { event, payload } of feed) if (received.push([event, payload]) === count) break
  return received
}

describe.skipIf(!current)('the streams of FastAPI', () => {
  const app = serve(current, 'fastapi_app', 'documents/fastapi.json')
  const lead = {
    kind: 'lead',
    id: 7,
    key: '6f1c5a52-6d3a-4f0e-9a6e-3d1f5b7c9e21',
    name: 'Ada',
    source: 'trade fair',
    contact: { email: 'ada@example.com', phone: null },
    tags: [],
    budget: '1200.50',
    received_at: '2026-03-01T09:30:00Z',
    extra: {},
  }
  const reminder = { kind: 'reminder', leadId: 7, due: '2026-03-08' }

  it.each([
    [fastapi.leadsStream, [['message', lead]]],
    [
      fastapi.union,
      [
        ['message', lead],
        ['message', reminder],
      ],
    ],
    [fastapi.discriminated, [['message', reminder]]],
    [
      fastapi.named,
      [
        ['lead', lead],
        ['reminder', reminder],
      ],
    ],
    [fastapi.ticks, [0, 1, 2].map((n) => ['message', n])],
    [fastapi.comments, [['message', { text: 'first', replies: [{ text: 'second', replies: [] }] }]]],
    [fastapi.textStream, [['message', '<li>Ada</li>\n<li>Grace</li>']]],
    [fastapi.nothing, [['message', '{"free": true}']]],
  ])('$0.path is read by the contract that its document gives', async (contract, events) => {
    expect(await read(contract, app.origin, events.length)).toEqual(events)
  })

  it('answers a POST', async () => {
    using feed = connect(fastapi.answers, {
      baseUrl: app.origin,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Why?', at: '2026-03-01T09:30:00Z' }),
    })
    const texts: string[] = []
    for await (const { event, payload } of feed) if (event === 'message') texts.push(payload.text)
    expect(texts).toEqual(['Why?'])
    expect(feed.status).toMatchObject({ state: 'closed', reason: 'ended' })
  })

  it('needs names for events that are sent as ServerSentEvent', async () => {
    const named = defineStream({ path: '/undescribed', events: { lead: type<unknown>() } })
    expect(await read(named, app.origin, 1)).toEqual([['lead', lead]])
  })

  it('end when the client leaves', async () => {
    await read(fastapi.forever, app.origin, 2)
    await app.server.says(/left \/forever/)
  })
})

describe.skipIf(!debian)('a stream of FastAPI 0.92 described by hand', () => {
  const app = serve(debian, 'handwritten_app', 'documents/handwritten.json')
  it('arrives with its names, continues after an id, and ends when the client leaves', async () => {
    const feed = connect(handwritten.leadsStream, { baseUrl: app.origin, lastEventId: '4' })
    const events: unknown[] = []
    for await (const { event, payload, id } of feed) {
      if (event === 'lead') events.push([id, payload.name])
      if (event === 'reminder') events.push([id, payload.lead_id])
      if (events.length === 3) break
    }
    expect(events).toEqual([
      ['5', 'Lead 5'],
      ['6', 5],
      ['7', 'Lead 7'],
    ])
    feed.close()
    await app.server.says(/left after/)
  })
})

describe.skipIf(!current)('the stream of sse-starlette', () => {
  const app = serve(current, 'article_app', 'documents/article.json')

  it('arrives as its contract says, and its pings keep a quiet connection from being taken for dead', async () => {
    const numbers = defineStream({ path: '/stream', events: { message: type<number>() } })
    using feed = connect(numbers, { baseUrl: app.origin, idleTimeoutMs: 700 })
    const states: string[] = []
    feed.onStatus(({ state }) => states.push(state))
    const received: number[] = []
    for await (const { event, payload } of feed)
      if (event === 'message' && received.push(payload) === 3) break
    for (const n of received) expect(n).toSatisfy(() => n >= 1 && n <= 100)
    expect(states).toEqual(['connecting', 'open'])
  })
})
