import { createServer } from 'node:http'
import { SseError } from '@sse/contract'
import { awaitable } from '@sse/test-support/awaitable'
import { describe, expect, it, vi } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import { read, readOpen, serveHub, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped, stalledReader } from '../fixtures/server-scope.ts'
import { sse } from '../node/node.ts'

describe('connection limits', () => {
  it('reject a request over maxConnections with 503 and a jittered Retry-After, and keep existing connections', async () => {
    const hub = testHub({ maxConnections: 2 })
    const { origin } = await serveHub(hub)
    const readers = [await readOpen(`${origin}/leads/ada`), await readOpen(`${origin}/leads/ben`)]
    const refused = await fetch(`${origin}/leads/cleo`)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
    expect(await refused.json()).toMatchObject({ code: 'too_many_connections' })
    expect(hub.stats()).toMatchObject({ connections: 2, rejected: 1 })
    await hub.publish('everyone', 'count', 1)
    for (const reader of readers) await reader.until(({ events }) => events.length === 1)
    readers[0]?.close()
    await eventually(() => hub.stats().connections === 1)
    await readOpen(`${origin}/leads/cleo`)
  })

  it('reject a request over maxConnectionsPerIdentity, and do not affect other identities', async () => {
    const hub = testHub({ maxConnectionsPerIdentity: 1 })
    const { origin } = await serveHub(hub)
    const first = await readOpen(`${origin}/leads/ada`)
    expect((await fetch(`${origin}/leads/ada`)).status).toBe(503)
    await readOpen(`${origin}/leads/ben`)
    first.close()
    await eventually(() => hub.stats().connections === 1)
    await readOpen(`${origin}/leads/ada`)
  })

  it('admit exactly maxConnections of many requests that arrive at once', async () => {
    const hub = testHub({ maxConnections: 5 })
    const { origin } = await serveHub(hub)
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(`${origin}/leads/ada`)))
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(responses.filter(({ status }) => status === 503)).toHaveLength(15)
    for (const response of responses) await response.body?.cancel()
    await eventually(() => hub.stats().connections === 0)
  })

  it('count a generator stream with the option hub', async () => {
    const hub = testHub({ maxConnections: 1 })
    const handler = sse(stream, { hub }, async function* ({ event, signal }) {
      yield event('count', 1)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const { origin } = await scoped(listen(createServer(handler)))
    const reader = await read(`${origin}/leads/ada`)
    await reader.until(({ events }) => events.length === 1)
    expect((await fetch(`${origin}/leads/ada`)).status).toBe(503)
    reader.close()
    await eventually(() => hub.stats().connections === 0)
  })
})

describe('drain', () => {
  it('ends every stream with a jittered reconnection delay, rejects new requests, and lets the server close', async () => {
    const hub = testHub()
    const { called: aborted, call: abort } = awaitable<unknown>()
    const generator = sse(stream, { hub }, async function* ({ event, signal }) {
      yield event('count', 1)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      abort(signal.reason)
    })
    const subscription = sse(stream, ({ params }) => hub.subscribe(params.owner))
    const server = createServer((req, res) =>
      req.url?.includes('generator') ? generator(req, res) : subscription(req, res),
    )
    const { origin } = await scoped(listen(server))
    const readers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => read(`${origin}/leads/${n ? 'ada' : 'generator'}`)),
    )
    await Promise.all(readers.map((reader) => reader.until(({ messages }) => messages.length > 0)))
    await hub.drain({ graceMs: 5_000 })
    const texts = await Promise.all(readers.map(async (reader) => (await reader.over()).text))
    const delays = texts.map((text) => /retry: (\d+)\n$/.exec(text)?.[1])
    expect(delays).not.toContain(undefined)
    expect(new Set(delays).size).toBeGreaterThan(2)
    expect(texts.join()).not.toContain('sse.end') // the clients reconnect
    expect(await aborted).toMatchObject({ code: 'shutdown' })
    const refused = await fetch(`${origin}/leads/ada`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused.json()).toMatchObject({ code: 'draining' })
    await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  })

  it('cuts off a client that has not taken its last bytes within graceMs', async () => {
    const hub = testHub()
    const server = await serveHub(hub)
    const socket = stalledReader(server)
    await eventually(() => hub.stats().connections === 1)
    while (hub.stats().lagging === 0) await hub.publish('1', 'text', 'x'.repeat(100_000))
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    await hub.drain({ graceMs: 50 })
    socket.resume()
    await closed
    await eventually(() => hub.stats().connections === 0)
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])(
    'waits for a slow client with a graceMs of %d',
    async (graceMs) => {
      const hub = testHub()
      const server = await serveHub(hub)
      const socket = stalledReader(server)
      await eventually(() => hub.stats().connections === 1)
      while (hub.stats().lagging === 0) await hub.publish('1', 'text', 'x'.repeat(100_000))
      const drained = vi.fn()
      const draining = hub.drain({ graceMs }).then(drained)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(drained).not.toHaveBeenCalled()
      socket.resume()
      await draining
      expect(hub.stats().connections).toBe(0)
    },
  )

  it('resolves every drain when the last connection is gone, also the one of close', async () => {
    const hub = testHub()
    const server = await serveHub(hub)
    const socket = stalledReader(server).on('error', () => {})
    await eventually(() => hub.stats().connections === 1)
    while (hub.stats().lagging === 0) await hub.publish('1', 'text', 'x'.repeat(100_000))
    const drains = [hub.drain({ graceMs: 600_000 }), hub.drain({ graceMs: 600_000 })]
    const closing = hub.close()
    expect(hub.close()).toBe(closing)
    socket.resume()
    await Promise.all([...drains, closing])
  })

  it('rejects a negative graceMs', async () => {
    await expect(testHub().drain({ graceMs: -1 })).rejects.toMatchObject({ code: 'option_invalid' })
  })
})

describe('a connection that the server ends', () => {
  it('is closed by revoke with the code revoked, as are all of its identity and no others', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const [one, two, other] = await Promise.all(
      ['ada', 'ada', 'ben'].map((owner) => readOpen(`${origin}/leads/${owner}`)),
    )
    expect(await hub.revoke('ada')).toBe(2)
    for (const reader of [one, two]) {
      await reader?.over()
      expect(JSON.parse(reader?.messages.at(-1)?.data ?? '')).toMatchObject({ code: 'revoked' })
    }
    await hub.publish('everyone', 'count', 1)
    await other?.until(({ events }) => events.length === 1)
    expect(await hub.revoke('nobody')).toBe(0)
  })

  it('is closed by revoke while its channels are still being looked up', async () => {
    const hub = testHub()
    const { called: asked, call: ask } = awaitable<void>()
    const { called: answered, call: answer } = awaitable<void>()
    const handler = sse(hub, {
      authorize: ({ params }) => params.owner,
      channels: async ({ params }) => {
        ask()
        await answered
        return params.owner
      },
    })
    const { origin } = await scoped(listen(createServer(handler)))
    const response = fetch(`${origin}/leads/ada`)
    await asked
    expect(await hub.revoke('ada')).toBe(1)
    answer()
    await hub.publish('ada', 'count', 1)
    expect(await (await response).text()).not.toContain('data: 1')
    await eventually(() => hub.stats().connections === 0)
  })

  it.each([
    ['revoke', (hub: TestHub): undefined => void hub.revoke('ada'), 403, 'revoked', null],
    ['drain', (hub: TestHub): undefined => void hub.drain(), 503, 'shutdown', /^[2-4]$/],
  ] as const)(
    'is refused with the reason when %s closes it while it opens',
    async (_, close, status, code, retry) => {
      const hub = testHub()
      const { called: asked, call: ask } = awaitable<void>()
      const onError = vi.fn()
      const handler = sse(hub, {
        authorize: ({ params }) => params.owner,
        channels: async ({ params, signal }) => {
          ask()
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          )
          return params.owner
        },
        onError,
      })
      const { origin } = await scoped(listen(createServer(handler)))
      const answer = fetch(`${origin}/leads/ada`)
      await asked
      close(hub)
      const response = await answer
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ code })
      if (retry) expect(response.headers.get('retry-after')).toMatch(retry)
      await eventually(() => hub.stats().connections === 0)
      expect(onError).not.toHaveBeenCalled()
    },
  )

  it('is refused with the reason when it is closed while channels ignores the signal', async () => {
    const hub = testHub()
    const { called: asked, call: ask } = awaitable<void>()
    const { called: answered, call: answer } = awaitable<void>()
    const channels = async () => {
      ask()
      await answered
      return 'everyone'
    }
    const handler = sse(hub, { authorize: () => 'ada', channels })
    const { origin } = await scoped(listen(createServer(handler)))
    const response = fetch(`${origin}/leads/ada`)
    await asked
    await hub.revoke('ada')
    answer()
    expect((await response).status).toBe(403)
    expect(await (await response).json()).toMatchObject({ code: 'revoked' })
  })

  it('is closed by revoke through the identity that authorize returned', async () => {
    const hub = testHub()
    const handler = sse(stream, { authorize: ({ params }) => params.owner }, () => hub.subscribe('all'))
    const { origin } = await scoped(listen(createServer(handler)))
    const reader = await readOpen(`${origin}/leads/ada`)
    expect(await hub.presence('all')).toEqual(['ada'])
    expect(await hub.revoke('ada')).toBe(1)
    await reader.over()
  })

  it('is closed at a jittered maximum age, and its client resumes where it was', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub, { maxConnectionMs: 200 })
    const reader = await readOpen(`${origin}/leads/ada`)
    await hub.publish('ada', 'count', 1)
    const { text, lastEventId } = await reader.over()
    expect(text).toMatch(/retry: \d+\n$/)
    await hub.publish('ada', 'count', 2)
    const next = await read(`${origin}/leads/ada`, lastEventId)
    await next.until(({ events }) => events.length === 1)
    expect(next.payloads).toEqual([2])
  })

  it.each([
    ['false', () => false, 'revoked'],
    ['an SseError', () => Promise.reject(new SseError('token_expired', 'Sign in again')), 'token_expired'],
  ])('is closed with a code when a later authorize gives %s', async (_what, refuse, code) => {
    const hub = testHub()
    let mayStay = true
    const authorize = vi.fn(() => (mayStay ? true : refuse()))
    const { origin } = await serveHub(hub, { authorize, reauthorizeMs: 10 })
    const reader = await readOpen(`${origin}/leads/ada`)
    await eventually(() => authorize.mock.calls.length > 3)
    mayStay = false
    await reader.over()
    expect(JSON.parse(reader.messages.at(-1)?.data ?? '')).toMatchObject({ code })
    await eventually(() => hub.stats().connections === 0)
    const asked = authorize.mock.calls.length
    await new Promise((resolve) => setTimeout(resolve, 50)) // it would be asked now
    expect(authorize.mock.calls.length).toBe(asked)
  })

  it('has no identity in the context of a later authorize', async () => {
    const hub = testHub()
    const seen: unknown[] = []
    const authorize = (context: { identity: undefined; req: unknown }) => {
      seen.push(context.identity, typeof context.req)
      return 'ada'
    }
    const { origin } = await serveHub(hub, { authorize, reauthorizeMs: 10 })
    const reader = await readOpen(`${origin}/leads/ada`)
    await eventually(() => seen.length > 4)
    expect(new Set(seen)).toEqual(new Set([undefined, 'object']))
    reader.close()
  })

  it('stays open when a later authorize throws', async () => {
    const hub = testHub()
    const onError = vi.fn()
    let isAway = false
    const authorize = () => {
      if (isAway) throw new Error('the database is away')
      return true
    }
    const { origin } = await serveHub(hub, { authorize, reauthorizeMs: 10, onError })
    const reader = await readOpen(`${origin}/leads/ada`)
    isAway = true
    await eventually(() => onError.mock.calls.length > 2)
    await hub.publish('ada', 'count', 1)
    await reader.until(({ events }) => events.length === 1)
  })
})

describe('presence', () => {
  it('lists the identities connected to a channel, and reports joins and lasting leaves', async () => {
    const hub = testHub()
    const { origin } = await serveHub(hub)
    const changes: string[] = []
    const stop = hub.onPresence('everyone', ({ type, identity }) => changes.push(`${type} ${identity}`))
    const ada = await readOpen(`${origin}/leads/ada`)
    const second = await readOpen(`${origin}/leads/ada`)
    const ben = await readOpen(`${origin}/leads/ben`)
    expect(await hub.presence('everyone')).toEqual(['ada', 'ben'])
    expect(await hub.presence('ada')).toEqual(['ada'])
    expect(await hub.presence('nobody')).toEqual([])
    second.close()
    ben.close()
    await eventually(() => hub.stats().connections === 1)
    const back = await readOpen(`${origin}/leads/ben`) // a reload
    await eventually(() => hub.stats().connections === 2)
    back.close()
    ada.close()
    await eventually(() => changes.length === 4)
    expect(changes).toEqual([
      'join ada',
      'join ben',
      expect.stringMatching('leave'),
      expect.stringMatching('leave'),
    ])
    expect(await hub.presence('everyone')).toEqual([])
    stop()
    await readOpen(`${origin}/leads/ada`)
    expect(changes).toHaveLength(4)
  }, 20_000)
})

describe('node:diagnostics_channel', () => {
  it('receives connections, gaps and rejections', async () => {
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
    const told: [string | symbol, unknown][] = []
    const names = ['opened', 'closed', 'rejected'].map((name) => `sse.connection.${name}`).concat('sse.gap')
    const listener = (message: unknown, name: string | symbol) => told.push([name, message])
    for (const name of names) subscribe(name, listener)
    const hub = testHub({ maxConnections: 1 })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`, 'other-1')
    await fetch(`${origin}/leads/ada`)
    reader.close()
    await eventually(() => names.every((name) => told.some(([own]) => own === name)))
    for (const name of names) unsubscribe(name, listener)
    const connection = expect.objectContaining({ sentBytes: expect.any(Number) })
    expect(told).toEqual(
      expect.arrayContaining([
        ['sse.connection.opened', { path: '/leads/:owner', connection }],
        ['sse.gap', { path: '/leads/:owner', reason: 'epoch' }],
        ['sse.connection.rejected', { path: '/leads/:owner', code: 'too_many_connections', status: 503 }],
        [
          'sse.connection.closed',
          { path: '/leads/:owner', reason: 'client_gone', durationMs: expect.any(Number), connection },
        ],
      ]),
    )
  })
})

describe('createHub', () => {
  it.each([
    [{ engine: {} }, 'engine'],
    [{ retention: { maxEvents: -1 } }, 'retention.maxEvents'],
    [{ retention: { maxAgeMs: Number.NaN } }, 'retention.maxAgeMs'],
    [{ ring: { maxEvents: 1.5 } }, 'ring.maxEvents'],
    [{ ring: { maxBytes: '1' } }, 'ring.maxBytes'],
    [{ maxConnections: -1 }, 'maxConnections'],
    [{ maxEventBytes: 0 }, 'maxEventBytes'],
    [{ latestPerKey: 'all' }, 'latestPerKey'],
    [{ onError: 1 }, 'onError'],
  ])('rejects %j, naming the option', (options, name) => {
    expect(() => testHub(options as never)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(name) }),
    )
  })
})
