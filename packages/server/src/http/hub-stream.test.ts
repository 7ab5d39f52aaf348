import { createServer } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import type { TestHubOptions } from '../fixtures/hub-mounts.ts'
import { read, readOpen, testHub } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { type NodeNative, sse } from '../node/node.ts'

const OPEN: TestHubOptions = { authorize: () => true, channels: 'everyone' }

async function serve(options: Partial<TestHubOptions> = {}, hub = testHub()) {
  const { origin } = await scoped(listen(createServer(sse(hub, { ...OPEN, onError: () => {}, ...options }))))
  const ack = (lastEventId: string) =>
    fetch(`${origin}/leads/ada/ack`, { method: 'POST', headers: { 'last-event-id': lastEventId } })
  return { hub, url: `${origin}/leads/ada`, ack }
}

describe('from', () => {
  it.each<[string, Partial<TestHubOptions>, boolean, number[]]>([
    ['oldest', { from: 'oldest' }, false, [0, 1, 2, 3]],
    ['oldest by a function', { from: async () => 'oldest' as const }, false, [0, 1, 2, 3]],
    ['undefined by a function', { from: () => undefined }, false, [3]],
    ['oldest, with an id', { from: 'oldest' }, true, [2, 3]],
    ['newest, with a new subscriber', { from: 'newest', authorize: () => 'ada' }, false, [3]],
  ])('%s: the connection starts there', async (_, options, hasId, expected) => {
    const { hub, url } = await serve(options)
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1) ids.push(await hub.publish('everyone', 'count', n))
    const reader = await readOpen(url, hasId ? ids[1] : undefined)
    await hub.publish('everyone', 'count', 3)
    await reader.until(({ events }) => events.length === expected.length)
    expect(reader.payloads).toEqual(expected)
  })

  it('that is another word is refused at the mount, or with 500 and reported', async () => {
    const wrong = 'start' as 'oldest'
    expect(() => sse(testHub(), { ...OPEN, from: wrong })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
    const onError = vi.fn()
    const { url } = await serve({ from: () => wrong, onError })
    expect((await fetch(url)).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'option_invalid' })
  })
})

describe('the subscriber', () => {
  it('is the identity’s id, of an object or a string', async () => {
    for (const identity of [{ id: 42, name: 'Ada' }, '42']) {
      const { hub, ack } = await serve({ authorize: () => identity })
      const id = await hub.publish('everyone', 'count', 1)
      expect((await ack(id)).status).toBe(204)
      expect(await hub.committed('42')).toBe(id)
    }
  })

  it.each([
    ['an anonymous client has none', {}],
    ['subscriber is false', { authorize: () => 'ada', subscriber: false }],
    ['subscriber returns null', { authorize: () => 'ada', subscriber: () => null }],
    ['subscriber resolves to false', { authorize: () => 'ada', subscriber: async () => false }],
  ] as [string, Partial<TestHubOptions>][])(
    'when %s, streams start live and acknowledgements get 409',
    async (_, options) => {
      const { hub, url, ack } = await serve(options)
      const id = await hub.publish('everyone', 'count', 1)
      const response = await ack(id)
      expect(response.status).toBe(409)
      expect(await response.json()).toMatchObject({ code: 'ack_invalid' })
      const reader = await read(url)
      await reader.message('sse.open')
      await hub.publish('everyone', 'count', 2)
      await reader.until(({ events }) => events.length === 1)
      expect(reader.payloads).toEqual([2])
    },
  )

  it('may be chosen by a function of the identity', async () => {
    const { hub, ack } = await serve({
      authorize: () => ({ id: 'ada' }),
      subscriber: async ({ identity }) => `device of ${(identity as { id: string }).id}`,
    })
    const id = await hub.publish('everyone', 'count', 1)
    expect((await ack(id)).status).toBe(204)
    expect(await hub.committed('device of ada')).toBe(id)
    expect(await hub.committed('ada')).toBeUndefined()
  })
})

describe('after', () => {
  it('overrides the request’s last event id, which is the default for undefined', async () => {
    const hub = testHub()
    const ids = await Promise.all([1, 2, 3].map((count) => hub.publish('everyone', 'count', count)))
    const after = vi.fn(async (): Promise<string | undefined> => ids[1])
    const { url } = await serve({ after }, hub)
    const overridden = await read(url, ids[0])
    await overridden.until(({ events }) => events.length === 1)
    expect(overridden.payloads).toEqual([3])
    after.mockResolvedValue(undefined)
    const resumed = await read(url, ids[0])
    await resumed.until(({ events }) => events.length === 2)
    expect(resumed.payloads).toEqual([2, 3])
  })
})

describe('the identity', () => {
  it('counts for presence, limits and revoke', async () => {
    const hub = testHub({ maxConnectionsPerIdentity: 1 })
    const { url } = await serve({ authorize: () => ({ id: 7 }) }, hub)
    const reader = await read(url)
    await reader.message('sse.open')
    expect(await hub.presence('everyone')).toEqual(['7'])
    expect((await fetch(url)).status).toBe(503)
    expect(await hub.revoke('7')).toBe(1)
    await reader.over()
    expect(reader.text).toContain('"code":"revoked"')
  })
})

describe('channels', () => {
  it('that throw, reject or are invalid are answered with 500 and reported', async () => {
    for (const channels of [
      () => {
        throw new Error('secret')
      },
      () => Promise.reject(new Error('secret')),
      () => 7 as never,
      () => undefined as never,
    ]) {
      const onError = vi.fn()
      const { url } = await serve({ channels, onError })
      const response = await fetch(url)
      expect(response.status).toBe(500)
      expect(await response.json()).toEqual({ code: 'internal', message: 'Internal error' })
      expect(onError).toHaveBeenCalledOnce()
    }
  })
})

describe('at definition time', () => {
  it.each([
    [undefined, 'options must be an object'],
    [{}, 'authorize is required for a hub'],
    [{ channels: 'everyone' }, 'authorize is required for a hub'],
    [{ authorize: true, channels: 'everyone' }, 'authorize must be a function'],
    [{ authorize: () => true }, 'channels must be'],
    [{ ...OPEN, subscriber: 'ada' }, 'subscriber must be false or a function'],
    [{ ...OPEN, after: 'a-1' }, 'after must be a function'],
    [{ ...OPEN, maxEventBytes: 1 }, 'maxEventBytes is not an option of a hub’s stream'.replace('’', "'")],
    [{ ...OPEN, heartbeatMs: 1 }, 'heartbeatMs belongs in the contract'],
  ])('%o is rejected', (options, message) => {
    expect(() => sse(testHub(), options as never)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(message) }),
    )
  })

  it('a hub is no source: the option hub of a generator stream takes one', () => {
    expect(() => sse(stream, { hub: {} as never }, [])).toThrow('hub must be a hub')
    expect(() => sse(stream, { hub: testHub() }, [])).not.toThrow()
  })
})

describe('names that are built from a request', () => {
  const UNUSABLE = ['a%0D%0Adata:%20x', '%00', '%ED%A0%80', 'x'.repeat(300)]
  const ownerOf: TestHubOptions['channels'] = ({ params }) => `${params.owner}`

  it.each([
    ['a channel', { channels: ownerOf }],
    ['one of several channels', { channels: ({ params }) => ['everyone', `${params.owner}`] }],
    ['a subscriber', { subscriber: ({ params }) => params.owner }],
    ['an identity', { authorize: ({ params }) => params.owner }],
  ] as [string, Partial<TestHubOptions>][])(
    'are answered with 400 if they cannot be %s, and logged as nothing',
    async (_, options) => {
      const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
      const { hub, url } = await serve({ ...options, onError: undefined as never })
      for (const owner of UNUSABLE) {
        const response = await fetch(url.replace('ada', owner))
        expect([owner, response.status]).toEqual([owner, response.status === 404 ? 404 : 400])
        expect((await response.json()).code).toMatch(/^(name_invalid|not_found)$/)
      }
      for (const owner of ['__proto__', 'constructor', '%2f', '%F0%9F%8E%89']) {
        const reader = await read(url.replace('ada', owner))
        expect(reader.response.status).toBe(200)
        await reader.message('sse.open')
      }
      expect(logged).not.toHaveBeenCalled()
      logged.mockRestore()
      expect(hub.stats().connections).toBe(4)
    },
  )

  it('are answered with 400 from the query too, and on acknowledgements', async () => {
    const { hub, url } = await serve({
      authorize: (context) => {
        const { req } = context as unknown as NodeNative
        return new URL(req.url ?? '', 'http://a').searchParams.get('me')
      },
    })
    const headers = { 'last-event-id': await hub.publish('everyone', 'count', 1) }
    for (const me of ['%0a', 'x'.repeat(257)]) {
      expect((await fetch(`${url}?me=${me}`)).status).toBe(400)
      expect((await fetch(`${url}/ack?me=${me}`, { method: 'POST', headers })).status).toBe(400)
    }
    expect((await fetch(`${url}?me=`)).status).toBe(401)
  })

  it('remain an error of the app when they are not text', async () => {
    const onError = vi.fn()
    const { url } = await serve({ channels: () => undefined as never, onError })
    expect((await fetch(url)).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'channel_invalid' })
  })
})
