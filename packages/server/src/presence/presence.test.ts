import { createServer } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { readOpen, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { eventually, scoped, turn } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Member, PresenceStore } from '../log/engine.ts'
import { sse } from '../node/node.ts'
import { Presence, type PresenceListener } from './presence.ts'

/** A store of several processes, in memory. `calls` are those that change it. */
function createStore() {
  const calls: [verb: string, members: number][] = []
  const processes = new Map<string, { members: Map<string, Member>; expiresAt: number }>()
  const isValid = (process: string) => (processes.get(process)?.expiresAt ?? 0) > performance.now()
  const store: PresenceStore = {
    async enter(process, members, ttlMs) {
      calls.push(['enter', members.length])
      const own = isValid(process) ? processes.get(process)?.members : undefined
      const all = own ?? new Map<string, Member>()
      for (const member of members) all.set(`${member.channel}\n${member.identity}`, member)
      processes.set(process, { members: all, expiresAt: performance.now() + ttlMs })
    },
    async leave(process, members) {
      calls.push(['leave', members.length])
      for (const { channel, identity } of members)
        processes.get(process)?.members.delete(`${channel}\n${identity}`)
    },
    async touch(process, ttlMs) {
      calls.push(['touch', 0])
      const own = processes.get(process)
      if (!own || !isValid(process)) return false
      own.expiresAt = performance.now() + ttlMs
      return true
    },
    async present(channel) {
      const valid = [...processes].filter(([process]) => isValid(process))
      const members = valid.flatMap(([, own]) => [...own.members.values()])
      return members.filter((member) => member.channel === channel).map(({ identity }) => identity)
    },
  }
  return { store, calls }
}

const serve = (hub: TestHub, retryMs?: number) =>
  scoped(
    listen(
      createServer(
        sse(hub, {
          authorize: ({ params }) => params.owner,
          channels: 'everyone',
          onError: () => {},
          ...(retryMs === undefined ? {} : { retryMs }),
        }),
      ),
    ),
  )

afterEach(() => {
  vi.useRealTimers()
})

it('an older answer of the store never replaces a newer one', async () => {
  const answers: ((identities: string[]) => void)[] = []
  const store = {
    enter: async () => {},
    leave: async () => {},
    touch: async () => true,
    present: () => new Promise<string[]>((resolve) => answers.push(resolve)),
  }
  const presence = new Presence(store, () => {})
  const seen: Parameters<PresenceListener>[0][] = []
  presence.listen('a', (change) => seen.push(change))
  await turn()
  answers[0]?.([])
  await turn()
  presence.tick()
  presence.tick()
  presence.tick()
  await turn()
  expect(answers).toHaveLength(2)
  answers[1]?.([])
  await turn()
  expect(answers).toHaveLength(3) // the calls during the read are served by one more
  answers[2]?.(['ada'])
  await turn()
  expect(answers).toHaveLength(3)
  expect(seen).toEqual([{ type: 'join', channel: 'a', identity: 'ada' }])
  await presence.close()
})

describe('presence in a store', () => {
  it('sends the changes of a turn together, a thousand members in a call', async () => {
    const { store, calls } = createStore()
    const presence = new Presence(store, () => {})
    for (let n = 0; n < 2_500; n += 1) presence.enter(`p${n}`, ['a'])
    expect((await presence.identities('a')).length).toBe(2_500)
    expect(calls).toEqual([
      ['enter', 1_000],
      ['enter', 1_000],
      ['enter', 500],
    ])
    await presence.close()
  })

  it('enters an identity later if the store fails, without an error for anyone else', async () => {
    const { store } = createStore()
    const errors: unknown[] = []
    let isBroken = true
    const { enter } = store
    const flaky: PresenceStore = {
      ...store,
      enter: (...given) => (isBroken ? Promise.reject(new Error('away')) : enter(...given)),
    }
    const presence = new Presence(flaky, (error) => errors.push(error))
    presence.enter('ada', ['a'])
    expect(await presence.identities('a')).toEqual([])
    isBroken = false
    presence.tick()
    expect(await presence.identities('a')).toEqual(['ada'])
    expect(errors).toEqual([expect.objectContaining({ code: 'engine_failed' })])
    await presence.close()
  })

  it('sends nothing, and has no timer, once no identity is present and no listener is left', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    const { store, calls } = createStore()
    const presence = new Presence(store, () => {})
    presence.enter('ada', ['a'])
    await turn()
    presence.exit('ada', ['a'], undefined)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(calls.at(-1)).toEqual(['leave', 1])
    calls.splice(0)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(calls).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    await presence.close()
  })

  it.each([
    [undefined, 4_400, 5_600],
    [10_000, 17_900, 19_100],
  ])(
    'reports a leave after the reconnection delay of %s and some seconds',
    async (retryMs, before, after) => {
      vi.useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
      })
      const presence = new Presence(undefined, () => {})
      const seen: string[] = []
      presence.listen('a', ({ type }) => seen.push(type))
      presence.enter('ada', ['a'])
      presence.exit('ada', ['a'], retryMs)
      await vi.advanceTimersByTimeAsync(before)
      expect(seen).toEqual(['join'])
      await vi.advanceTimersByTimeAsync(after - before)
      expect(seen).toEqual(['join', 'leave'])
      await presence.close()
    },
  )
})

describe('a graceful restart', () => {
  it('is no leave, then join, for a process that watches, when the client reconnects elsewhere', async () => {
    const { store } = createStore()
    const engine = memory()
    const [old, next, watching] = [0, 1, 2].map(() =>
      testHub({ engine: { ...engineOf(engine), presence: store } }),
    ) as [TestHub, TestHub, TestHub]
    const servers = [await serve(old), await serve(next)]
    const changes: string[] = []
    watching.onPresence('everyone', ({ type, identity }) => changes.push(`${type} ${identity}`))
    await turn()
    const reader = await readOpen(`${servers[0]?.origin}/leads/ada`)
    await eventually(() => changes.length === 1)
    await old.drain()
    await old.close()
    await reader.over()
    await new Promise((resolve) => setTimeout(resolve, 2_000)) // what the client waits
    await readOpen(`${servers[1]?.origin}/leads/ada`)
    await new Promise((resolve) => setTimeout(resolve, 5_000)) // beyond the lease of the old process
    expect(changes).toEqual(['join ada'])
    expect(await watching.presence('everyone')).toEqual(['ada'])
  })

  it('becomes a leave for a client that does not reconnect', async () => {
    const { store } = createStore()
    const engine = memory()
    const [old, watching] = [0, 1].map(() =>
      testHub({ engine: { ...engineOf(engine), presence: store } }),
    ) as [TestHub, TestHub]
    const { origin } = await serve(old)
    const changes: string[] = []
    watching.onPresence('everyone', ({ type, identity }) => changes.push(`${type} ${identity}`))
    await turn()
    await readOpen(`${origin}/leads/ada`)
    await eventually(() => changes.length === 1)
    await old.drain()
    await old.close()
    await eventually(() => changes.length === 2)
    expect(changes).toEqual(['join ada', 'leave ada'])
  })
})

/** The methods of an engine, bound; `close` leaves it open for the other hubs. */
function engineOf(engine: ReturnType<typeof memory>) {
  return {
    append: engine.append.bind(engine),
    read: engine.read.bind(engine),
    onWake: engine.onWake.bind(engine),
    trim: engine.trim.bind(engine),
    commit: engine.commit.bind(engine),
    committed: engine.committed.bind(engine),
    forget: engine.forget.bind(engine),
    close: async () => {},
  }
}
