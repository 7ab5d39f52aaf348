import { createServer } from 'node:http'
import { SseError } from '@sse/contract'
import { awaitable } from '@sse/test-support/awaitable'
import { describe, expect, it, vi } from 'vitest'
import { listen, stream } from '../fixtures/adapter-servers.ts'
import { read, readOpen, serveHub, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Engine } from '../log/engine.ts'
import { sse } from '../node/node.ts'

/** Engines of several processes on one log: what one appends wakes the others. */
function processes(count: number): Engine[] {
  const log = memory()
  const callbacks = new Set<() => void>()
  return Array.from({ length: count }, () => ({
    async append(entries) {
      const appended = await log.append(entries)
      for (const callback of callbacks) callback()
      return appended
    },
    read: (after, options) => log.read(after, options),
    onWake(callback) {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    trim: (retention) => log.trim(retention),
    commit: (subscriber, commit) => log.commit(subscriber, commit),
    committed: (subscribers) => log.committed(subscribers),
    forget: (subscriber) => log.forget(subscriber),
    close: async () => {},
  }))
}

const twoHubs = () => processes(2).map((engine) => testHub({ engine })) as [TestHub, TestHub]

const code = (reader: { messages: readonly { data: string }[] }) =>
  JSON.parse(reader.messages.at(-1)?.data || '{}').code

describe('revoke', () => {
  it('closes the connections of the identity in every process, and no others', async () => {
    const [here, there] = twoHubs()
    const servers = await Promise.all([serveHub(here), serveHub(there)])
    const [own, remote, other] = await Promise.all([
      readOpen(`${servers[0].origin}/leads/ada`),
      readOpen(`${servers[1].origin}/leads/ada`),
      readOpen(`${servers[1].origin}/leads/ben`),
    ])
    expect(await here.revoke('ada')).toBe(1)
    for (const reader of [own, remote]) {
      await reader.over()
      expect(code(reader)).toBe('revoked')
    }
    await here.publish('everyone', 'count', 1)
    await other.until(({ events }) => events.length === 1)
    expect(other.messages.map(({ event }) => event)).toEqual(['sse.open', 'count'])
    expect(there.stats()).toMatchObject({ connections: 1, skipped: 0 })
  })

  it('works from a process that has no connection itself, and reads nothing', async () => {
    const [here, there] = twoHubs()
    const { origin } = await serveHub(there)
    const reader = await readOpen(`${origin}/leads/ada`)
    expect(await here.revoke('ada')).toBe(0)
    await reader.over()
    expect(code(reader)).toBe('revoked')
    expect(here.stats()).toMatchObject({ head: 0, published: 0 })
  })

  it('reaches a hub whose streams all have sources that are not subscriptions', async () => {
    const [here, there] = twoHubs()
    const handler = sse(
      stream,
      { hub: there, authorize: ({ params }) => params.owner },
      async function* ({ event, signal }) {
        yield event('count', 1)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    )
    const { origin } = await scoped(listen(createServer(handler)))
    const reader = await read(`${origin}/leads/ada`)
    await reader.until(({ events }) => events.length === 1)
    await here.revoke('ada')
    await reader.over()
    expect(code(reader)).toBe('revoked')
  })

  it.each([
    ['this process', ([, there]: TestHub[]) => there],
    ['another process', ([here]: TestHub[]) => here],
  ])('in %s refuses a client whose authorize is still being called', async (_where, from) => {
    const hubs = twoHubs()
    const [, there] = hubs
    const { called: asked, call: ask } = awaitable<void>()
    const { called: answered, call: answer } = awaitable<void>()
    let isFirst = true
    const handler = sse(there, {
      authorize: async ({ params }) => {
        if (params.owner === 'ada' && isFirst) {
          isFirst = false
          ask()
          await answered
        }
        return params.owner
      },
      channels: 'everyone',
      onError: () => {},
    })
    const { origin } = await scoped(listen(createServer(handler)))
    await readOpen(`${origin}/leads/ben`) // the log is followed
    const response = fetch(`${origin}/leads/ada`)
    await asked
    await (from(hubs) as TestHub).revoke('ada')
    await hubs[0].publish('everyone', 'count', 1)
    await eventually(() => there.stats().head === 2)
    answer()
    expect((await response).status).toBe(403)
    expect(await (await response).json()).toMatchObject({ code: 'revoked' })
    await readOpen(`${origin}/leads/ada`) // a request that came later is authorized anew
  })

  it('does nothing to clients that connect afterwards, also in a process that starts then', async () => {
    const [here, there] = twoHubs()
    const [one, two] = await Promise.all([serveHub(here), serveHub(there)])
    await readOpen(`${one.origin}/leads/ben`)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      await here.revoke('ada')
      vi.setSystemTime(Date.now() + 20_000)
      const readers = [await readOpen(`${one.origin}/leads/ada`), await readOpen(`${two.origin}/leads/ada`)]
      await here.publish('ada', 'count', 1)
      for (const reader of readers) await reader.until(({ events }) => events.length === 1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('sends a client that connects to a process that starts meanwhile through authorize once more', async () => {
    const [here, there] = twoHubs()
    const { origin } = await serveHub(there, { onError: () => {} })
    await here.revoke('ada')
    const again = await readOpen(`${origin}/leads/ada`)
    await again.over()
    expect(again.text).toMatch(/retry: \d+/)
    expect(again.text).not.toContain('sse.error')
    await readOpen(`${origin}/leads/ada`)
  })

  it('is invisible to subscribers, loops and latestPerKey, live and in history', async () => {
    const asked: string[] = []
    const latestPerKey = (channel: string) => {
      asked.push(channel)
      return false
    }
    const [one, two] = processes(2)
    const hub = testHub({ engine: one as Engine, latestPerKey, ring: { maxEvents: 2 } })
    const seen: unknown[] = []
    const first = await hub.publish('ada', 'count', 1, { key: 'k' })
    const loop = (async () => {
      for await (const event of hub.subscribe('ada', { after: first }))
        seen.push([event.event, event.payload])
    })()
    await hub.revoke('ada')
    await hub.publish('ada', 'count', 2, { key: 'k' })
    await hub.revoke('ben')
    for (let n = 3; n < 8; n += 1) await hub.publish('ada', 'count', n, { key: 'k' })
    const elsewhere = testHub({ engine: two as Engine })
    const again: unknown[] = []
    for await (const { payload } of elsewhere.subscribe('ada', { after: first, untilHead: true }))
      again.push(payload)
    await eventually(() => seen.length === 6)
    expect(seen).toEqual([2, 3, 4, 5, 6, 7].map((n) => ['count', n]))
    expect(again).toEqual([2, 3, 4, 5, 6, 7])
    expect(new Set(asked)).toEqual(new Set(['ada']))
    for (const channel of ['sse.revoked', 'sse.', 'sse.mine']) {
      expect(() => hub.subscribe(channel)).toThrow(expect.objectContaining({ code: 'name_invalid' }))
    }
    await hub.close()
    await loop
  })

  it('closes the connections of this process at once, and rejects, when the engine fails', async () => {
    const engine = memory()
    const hub = testHub({ engine })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    Object.assign(engine, {
      append: () => Promise.reject(new SseError('engine_unavailable', 'away')),
    })
    await expect(hub.revoke('ada')).rejects.toMatchObject({ code: 'engine_unavailable' })
    await reader.over()
    expect(code(reader)).toBe('revoked')
  })

  it('rejects a name that is none, and stores nothing', async () => {
    const hub = testHub()
    await expect(hub.revoke('')).rejects.toMatchObject({ code: 'name_invalid' })
    expect(await hub.publish('ada', 'count', 1)).toMatch(/-1$/)
  })
})

describe('a reserved channel', () => {
  it.each([
    ['that is no JSON', 'sse.revoked', '{'],
    ['without an identity', 'sse.revoked', '{"process":"p"}'],
    ['of an unknown kind', 'sse.else', '{"identity":"ada"}'],
  ])(
    'with an entry %s, written by another program, is skipped and reported once',
    async (_what, channel, data) => {
      const engine = memory()
      const errors: unknown[] = []
      const hub = testHub({ engine, onError: (error) => errors.push(error) })
      const { origin } = await serveHub(hub)
      const reader = await readOpen(`${origin}/leads/ada`)
      await engine.append([{ channel, event: 'revoke', data }])
      await hub.publish('ada', 'count', 1)
      await reader.until(({ events }) => events.length === 1)
      expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed' })])
      expect(hub.stats().skipped).toBe(1)
    },
  )
})

describe('a process that may have missed a revocation, because its log was replaced', () => {
  it('makes every identified client reconnect through authorize, and leaves the others alone', async () => {
    let engine = memory()
    const replaceable: Engine = {
      append: (entries) => engine.append(entries),
      read: (...given) => engine.read(...given),
      onWake: () => () => {},
      trim: (retention) => engine.trim(retention),
      commit: (subscriber, commit) => engine.commit(subscriber, commit),
      committed: (subscribers) => engine.committed(subscribers),
      forget: (subscriber) => engine.forget(subscriber),
      close: () => engine.close(),
    }
    const hub = testHub({ engine: replaceable })
    const handler = sse(hub, {
      authorize: ({ params }) => (params.owner === 'anyone' ? true : params.owner),
      channels: 'everyone',
    })
    const { origin } = await scoped(listen(createServer(handler)))
    const [ada, anyone] = [await readOpen(`${origin}/leads/ada`), await readOpen(`${origin}/leads/anyone`)]
    engine = memory()
    await ada.over() // found by the next poll
    expect(ada.text).toMatch(/retry: \d+/)
    expect(ada.text).not.toContain('sse.error')
    await anyone.message('sse.gap')
    await readOpen(`${origin}/leads/ada`)
    expect(hub.stats().connections).toBe(2)
  })
})
