import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  McpServer as McpServer2,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { createEventStore, mcpMessages } from '@sse/mcp'
import { createHub, memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { serve } from '@sse/test-support/http-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'

const messages = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { n: from + n },
  }))

type Store = ReturnType<typeof createEventStore>

async function replay(store: Store, id: string) {
  const seen: { id: string; message: unknown }[] = []
  const streamId = await store.replayEventsAfter(id, {
    send: async (eventId: string, message: unknown) => void seen.push({ id: eventId, message }),
  })
  return { streamId, seen }
}

const STANDALONE = '_GET_stream'

describe('the event store of a session', () => {
  it('replays what follows an id in its stream, once and in order, also in another process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sse-mcp-'))
    const hubs = [1, 2].map(() => createHub(mcpMessages, { engine: sqlite(join(folder, 'mcp.db')) }))
    const [here, there] = hubs.map((hub) => createEventStore(hub, 'session')) as [Store, Store]
    const ids: string[] = []
    for (const message of messages(5)) {
      ids.push(await here.storeEvent('one', message))
      await here.storeEvent('two', message)
    }
    expect(new Set(ids).size).toBe(5)
    const { streamId, seen } = await replay(there, ids[1] as string)
    expect(streamId).toBe('one')
    expect(seen).toEqual(messages(3, 2).map((message, n) => ({ id: ids[n + 2], message })))
    expect(await there.getStreamIdForEventId(ids[0] as string)).toBe('one')
    await Promise.all(hubs.map((hub) => hub.close()))
    await rm(folder, { recursive: true })
  })

  it('never replays the priming event as a message, and resumes after it', async () => {
    await using hub = createHub(mcpMessages)
    const store = createEventStore(hub, 'session')
    const priming = await store.storeEvent('one', {})
    const id = await store.storeEvent('one', messages(1)[0] as object)
    await store.storeEvent('one', {})
    expect((await replay(store, priming)).seen).toEqual([{ id, message: messages(1)[0] }])
  })

  it('skips entries of other programs, and reports each', async () => {
    await using hub = createHub(mcpMessages)
    let channel = ''
    const spying = { ...hub, getState: hub.getState.bind(hub), subscribe: hub.subscribe.bind(hub) }
    const publish: typeof hub.publish = (name, ...rest) => {
      channel = name
      return hub.publish(name, ...rest)
    }
    const errors: unknown[] = []
    const onError = (error: unknown) => errors.push(error)
    const store = createEventStore({ ...spying, publish }, 'session', { onError })
    const first = await store.storeEvent('one', {})
    for (const payload of [null, 7, 'text', [], { method: 'x' }]) {
      await hub.publish(channel, 'message', payload as never)
    }
    const id = await store.storeEvent('one', messages(1)[0] as object)
    expect((await replay(store, first)).seen).toEqual([{ id, message: messages(1)[0] }])
    expect(errors).toMatchObject(Array(5).fill({ code: 'message_invalid' }))
  })

  it('keeps the standalone stream of each session to itself', async () => {
    await using hub = createHub(mcpMessages)
    const [ada, eve] = [createEventStore(hub, 'ada'), createEventStore(hub, 'eve')]
    const first = await ada.storeEvent(STANDALONE, messages(1)[0] as object)
    const own = await eve.storeEvent(STANDALONE, messages(1)[0] as object)
    await ada.storeEvent(STANDALONE, messages(1, 1)[0] as object)
    expect((await replay(eve, own)).seen).toEqual([])
    expect(await eve.getStreamIdForEventId(first)).toBeUndefined()
    await expect(replay(eve, first)).rejects.toMatchObject({ code: 'last_event_id_invalid' })
  })

  it.each([
    '',
    'x',
    '1',
    '..',
    `${'0'.repeat(16)}.one.x-1`,
    `${'0'.repeat(16)}.%E0%A4%A.x-1`,
    'a'.repeat(100_000),
  ])('refuses the id %.40j', async (id) => {
    await using hub = createHub(mcpMessages)
    const store = createEventStore(hub, 'session')
    expect(await store.getStreamIdForEventId(id)).toBeUndefined()
    await expect(replay(store, id)).rejects.toMatchObject({ code: 'last_event_id_invalid' })
  })

  it('refuses an id of its session whose messages are no longer stored, or are of another log', async () => {
    const engine = memory({ maxBytes: 2_000 })
    await using hub = createHub(mcpMessages, { engine, ring: { maxEvents: 2 } })
    const store = createEventStore(hub, 'session')
    const id = await store.storeEvent('one', messages(1)[0] as object)
    for (const message of messages(100)) await store.storeEvent('one', message)
    await until(() =>
      replay(store, id).then(
        () => false,
        ({ code }) => code === 'last_event_id_invalid',
      ),
    )
    await using restarted = createHub(mcpMessages)
    const again = createEventStore(restarted, 'session')
    await again.storeEvent('one', messages(1)[0] as object)
    await expect(replay(again, id)).rejects.toMatchObject({ code: 'last_event_id_invalid' })
  })

  it('reports a message that is too large, and an engine that is down, to who stores it', async () => {
    await using hub = createHub(mcpMessages, { onError: () => {} })
    const store = createEventStore(hub, 'session')
    const huge = { jsonrpc: '2.0', method: 'x', params: 'x'.repeat(2_000_000) }
    await expect(store.storeEvent('one', huge)).rejects.toMatchObject({ code: 'payload_too_large' })
    const engine: Engine = Object.assign(memory(), { append: () => Promise.reject(new Error('down')) })
    await using broken = createHub(mcpMessages, { engine, onError: () => {} })
    await expect(createEventStore(broken, 'session').storeEvent('one', {})).rejects.toMatchObject({
      kind: 'engine',
    })
  })

  it('requires a session id', async () => {
    await using hub = createHub(mcpMessages)
    for (const id of ['', undefined]) {
      expect(() => createEventStore(hub, id as string)).toThrow(
        expect.objectContaining({ code: 'option_invalid' }),
      )
    }
  })
})

/** An MCP server process: one session, whose tool counts and says so. */
async function startMcpServer(engine: Engine, sessionId: string) {
  const hub = createHub(mcpMessages, { engine })
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => sessionId,
    eventStore: createEventStore(hub, sessionId),
    retryInterval: 50,
  })
  const mcp = new McpServer({ name: 'counter', version: '1.0.0' }, { capabilities: { logging: {} } })
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  mcp.registerTool('count', { description: 'Counts to five' }, async ({ sendNotification }) => {
    for (let n = 1; n <= 5; n += 1) {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: n } })
      if (n === 2) await released
    }
    return { content: [{ type: 'text', text: 'counted' }] }
  })
  await mcp.connect(transport)
  const server = await serve((req, res) => void transport.handleRequest(req, res))
  return { hub, mcp, server, release: () => release() }
}

/** A `fetch` whose response to a tool call can be cut off, and whose requests go to `target`. */
function makeCuttingFetch(target: { origin: string; isOpen: boolean }) {
  let cut = () => {}
  const cutting: typeof fetch = async (input, init) => {
    await until(() => target.isOpen)
    const { pathname } = new URL(String(input))
    const response = await fetch(target.origin + pathname, init)
    if (init?.method !== 'POST' || !String(init.body).includes('tools/call') || !response.body)
      return response
    const reader = response.body.getReader()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        cut = () => {
          controller.error(new TypeError('cut off'))
          void reader.cancel()
        }
      },
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        controller.enqueue(value)
      },
    })
    return new Response(body, response)
  }
  return { fetch: cutting, cut: () => cut() }
}

async function connectClient(url: string, fetch: typeof globalThis.fetch) {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const seen: unknown[] = []
  client.fallbackNotificationHandler = async ({ params }) => void seen.push(params?.data)
  const reconnectionOptions = {
    initialReconnectionDelay: 20,
    maxReconnectionDelay: 50,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 20,
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch, reconnectionOptions }))
  return { client, seen }
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'again',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } },
}

it('the client of the MCP SDK gets each message once, in order, after its connection was cut', async () => {
  const { hub, server, release } = await startMcpServer(memory(), 'one')
  const { fetch, cut } = makeCuttingFetch({ origin: server.origin, isOpen: true })
  const { client, seen } = await connectClient(server.origin, fetch)
  const called = client.callTool({ name: 'count', arguments: {} })
  await until(() => seen.length === 2)
  cut()
  release()
  expect(await called).toMatchObject({ content: [{ text: 'counted' }] })
  expect(seen).toEqual([1, 2, 3, 4, 5])
  await client.close()
  await server[Symbol.asyncDispose]()
  await hub.close()
})

it('the client of the MCP SDK gets the rest from another server that has the session', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sse-mcp-'))
  const [first, second] = await Promise.all(
    [1, 2].map(() => startMcpServer(sqlite(join(folder, 'mcp.db')), 'one')),
  )
  if (!first || !second) throw new Error('no servers')
  // How a server takes over a session is the app's: here it is initialized again.
  const adopted = await fetch(second.server.origin, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(INITIALIZE),
  })
  expect(adopted.headers.get('mcp-session-id')).toBe('one')
  await adopted.body?.cancel()

  const target = { origin: first.server.origin, isOpen: true }
  const { fetch: cutting, cut } = makeCuttingFetch(target)
  const { client, seen } = await connectClient(first.server.origin, cutting)
  const called = client.callTool({ name: 'count', arguments: {} })
  await until(() => seen.length === 2)
  target.isOpen = false
  cut()
  const before = first.hub.stats().published
  first.release()
  // Three notifications and the result are stored, with or without a reader.
  await until(() => first.hub.stats().published >= before + 4)
  Object.assign(target, { origin: second.server.origin, isOpen: true })
  expect(await called).toMatchObject({ content: [{ text: 'counted' }] })
  expect(seen).toEqual([1, 2, 3, 4, 5])
  await client.close()
  for (const { server, hub } of [first, second]) {
    await server[Symbol.asyncDispose]()
    await hub.close()
  }
  await rm(folder, { recursive: true })
})

it('version 2 of the SDK takes the store', async () => {
  await using hub = createHub(mcpMessages)
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => 'one',
    eventStore: createEventStore(hub, 'one'),
  })
  await new McpServer2({ name: 'two', version: '2.0.0' }).connect(transport)
  const request = new Request('http://localhost/mcp', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(INITIALIZE),
  })
  const text = await (await transport.handleRequest(request)).text()
  const [id] = /(?<=^id: )\S+$/m.exec(text) ?? []
  const missed = await transport.handleRequest(
    new Request('http://localhost/mcp', {
      headers: {
        accept: 'text/event-stream',
        'mcp-session-id': 'one',
        'mcp-protocol-version': '2025-11-25',
        'last-event-id': String(id),
      },
    }),
  )
  expect(missed.status).toBe(200)
  const reader = missed.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  expect(new TextDecoder().decode(value)).toContain('"serverInfo"')
  await reader?.cancel()
  await transport.close()
})
