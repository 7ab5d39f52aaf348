import { setTimeout as delay } from 'node:timers/promises'
import { connect, type Feed, type FeedPayloads, fetchTransport } from '@sse/client'
import { tabsTransport } from '@sse/client/tabs'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { room } from '../browser/room.ts'
import { startRoomServer } from '../browser/room-server.ts'

// Node has the browser's locks and channels, so that each feed here stands for a tab.
let server: Awaited<ReturnType<typeof startRoomServer>>
beforeAll(async () => {
  server = await startRoomServer()
})
afterAll(() => server.close())

interface Tab {
  readonly feed: Feed<FeedPayloads<typeof room>>
  readonly seen: number[]
  /** The id of each number it saw. */
  readonly ids: Map<number, string>
  readonly errors: unknown[]
  /** What it must have seen begins after this number. */
  after: number
}

const tabs: Tab[] = []
let name = ''
let published = 0
let lastRoom = 0
beforeEachRoom()
afterEach(() => {
  for (const { feed } of tabs.splice(0)) feed.close()
  beforeEachRoom()
})
function beforeEachRoom() {
  lastRoom += 1
  name = `share-${lastRoom}`
  published = 0
}

const post = (path: string) => fetch(`${server.origin}/${path}`, { method: 'POST' })
const connections = async (): Promise<[opened: number, open: number]> =>
  (await fetch(`${server.origin}/connections/${name}`)).json()
const until = (isSo: () => boolean | Promise<boolean>) => vi.waitUntil(isSo, { timeout: 15_000, interval: 2 })
const oneIsOpen = () => until(async () => (await connections())[1] === 1)

const transport = tabsTransport(fetchTransport, { hungAfterMs: 400 })
function openTab(lastEventId = '', after = published): Tab {
  const feed = connect(room, {
    baseUrl: server.origin,
    params: { name },
    reconnect: { jitterMs: 1, maxJitterMs: 5 },
    lastEventId,
    transport,
    onError: (error) => tab.errors.push(error),
  })
  const tab: Tab = { feed, seen: [], ids: new Map(), errors: [], after }
  feed.on('n', (n, { id }) => {
    tab.seen.push(n)
    tab.ids.set(n, id)
  })
  tabs.push(tab)
  return tab
}
const isOpen = ({ feed }: Tab) => until(() => feed.status.state === 'open')
async function publish(count = 1) {
  await post(`publish/${name}/${published + 1}/${published + count}`)
  published += count
}
const expected = ({ after }: Tab) =>
  Array.from({ length: published - after }, (_, index) => after + index + 1)
async function allHaveAll() {
  for (const tab of tabs) {
    const { seen } = tab
    await until(() => seen.at(-1) === published || tab.after === published).catch(() => {})
    expect(seen).toEqual(expected(tab))
  }
}

describe('tabsTransport', () => {
  it('gives seven tabs one connection, and each tab each event once', async () => {
    const all = Array.from({ length: 7 }, () => openTab())
    await Promise.all(all.map(isOpen))
    await publish(100)
    await allHaveAll()
    await oneIsOpen()
  })

  it('gives a later tab without an id what arrives from then on, as the server does', async () => {
    await isOpen(openTab())
    await publish(3)
    await isOpen(openTab())
    await publish(3)
    await allHaveAll()
    await oneIsOpen()
  })

  it('gives a tab with an id exactly what follows it, without a connection of its own', async () => {
    const first = openTab()
    await isOpen(first)
    await publish(5)
    await until(() => first.ids.has(5))
    openTab(first.ids.get(2), 2)
    openTab(first.ids.get(5), 5)
    await publish(1)
    await allHaveAll()
    expect(await connections()).toEqual([1, 1])
  })

  it('lets a tab with an older id catch up over its own connection, and then follow', async () => {
    const first = openTab()
    await isOpen(first)
    await publish(2)
    await until(() => first.ids.has(2))
    await publish(2_000)
    openTab(first.ids.get(2), 2)
    await allHaveAll()
    await publish(2)
    await allHaveAll()
    await oneIsOpen()
    expect((await connections())[0]).toBe(2)
  })

  it('continues when the leader closes: nothing is lost or repeated', async () => {
    const [leader, ...others] = Array.from({ length: 4 }, () => openTab())
    await Promise.all(others.map(isOpen))
    for (let round = 0; round < 3; round += 1) await publish(2)
    leader?.feed.close()
    tabs.shift()
    await publish(4)
    await allHaveAll()
    await oneIsOpen()
  })

  it('shows a lost connection as waiting in all tabs, and one attempt reconnects all', async () => {
    const all = Array.from({ length: 5 }, () => openTab())
    const waits = all.map(() => 0)
    all.forEach(({ feed }, index) => {
      feed.onStatus(({ state }) => {
        if (state === 'waiting') waits[index] = (waits[index] ?? 0) + 1
      })
    })
    await Promise.all(all.map(isOpen))
    await publish(2)
    await allHaveAll()
    await oneIsOpen()
    const [before] = await connections()
    await post(`cut/${name}`)
    await until(() => waits.every((count) => count === 1))
    await publish(2)
    await allHaveAll()
    await Promise.all(all.map(isOpen))
    expect(await connections()).toEqual([before + 1, 1])
  })

  it('closes all tabs with the same error after a refusal', async () => {
    const all = Array.from({ length: 3 }, () => openTab())
    await Promise.all(all.map(isOpen))
    await publish(1)
    await allHaveAll()
    await oneIsOpen()
    const [before] = await connections()
    await post(`refuse/${name}`)
    await post(`cut/${name}`)
    for (const { feed, errors } of all) {
      await until(() => feed.status.state === 'closed')
      expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'http_status', status: 403 } })
      expect(errors.at(-1)).toMatchObject({ status: 403 })
    }
    expect((await connections())[0]).toBe(before + 1)
  })

  it('does not share between different headers or keys', async () => {
    const open = (headers: Record<string, string>, key?: string) => {
      const options = { baseUrl: server.origin, params: { name }, headers }
      const feed = connect(room, { ...options, transport: tabsTransport(fetchTransport, key ? { key } : {}) })
      tabs.push({ feed, seen: [], ids: new Map(), errors: [], after: 0 })
      return until(() => feed.status.state === 'open')
    }
    await open({ authorization: 'Bearer ada' })
    await open({ authorization: 'Bearer ada' })
    expect((await connections())[1]).toBe(1)
    await open({ authorization: 'Bearer bob' })
    expect((await connections())[1]).toBe(2)
    await open({ authorization: 'Bearer new' }, 'ada')
    await open({ authorization: 'Bearer old' }, 'ada')
    expect((await connections())[1]).toBe(3)
  })
})

const Channel = BroadcastChannel
/** Brings everything late, in order, and each tab's by another time: the leader dies while others are behind. */
class LateChannel {
  readonly #channel: BroadcastChannel
  readonly #lag = [0, 2, 20][Math.floor(Math.random() * 3)] ?? 0
  #last = Promise.resolve()
  onmessage: ((event: { data: unknown }) => void) | undefined

  constructor(channelName: string) {
    this.#channel = new Channel(channelName)
    this.#channel.onmessage = ({ data }) => {
      this.#last = this.#last.then(async () => {
        await delay(Math.random() * this.#lag)
        this.onmessage?.({ data })
      })
    }
  }

  postMessage(message: unknown) {
    this.#channel.postMessage(message)
  }

  close() {
    this.#channel.close()
  }
}

it.each([
  ['with immediate channels', Channel],
  ['with channels that lag', LateChannel],
])(
  '%s, each tab gets exactly what its own connection would have, whatever opens, closes and breaks',
  async (_, Class) => {
    vi.stubGlobal('BroadcastChannel', Class)
    onTestFinished(() => void vi.unstubAllGlobals())
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('open' as const), from: fc.nat(), waits: fc.boolean() }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat(), waits: fc.boolean() }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('publish' as const),
          count: fc.integer({ min: 1, max: 8 }),
          size: fc.constantFrom(1, 1, 20),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), waits: fc.boolean() }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        beforeEachRoom()
        const ids = new Map<number, string>()
        const first = openTab()
        await isOpen(first)
        for (const each of steps) {
          for (const tab of tabs) for (const [n, id] of tab.ids) ids.set(n, id)
          if (each.do === 'publish') for (let n = 0; n < each.count; n += 1) await publish(each.size)
          else if (each.do === 'cut') await post(`cut/${name}`)
          else if (each.do === 'close') {
            if (tabs.length > 1) tabs.splice(each.which % tabs.length, 1)[0]?.feed.close()
          } else {
            const known = [...ids.keys()]
            const from = known[each.from % (known.length + 1)]
            if (from === undefined) await isOpen(openTab())
            else openTab(ids.get(from), from)
          }
          if ('waits' in each && each.waits) await delay(3)
        }
        await publish(1)
        await allHaveAll()
        for (const { feed } of tabs.splice(0)) feed.close()
      }),
      { numRuns: 25, endOnFailure: true },
    )
  },
  60_000,
)

describe('messages of other scripts on the channel', () => {
  it('are ignored if they have another shape', async () => {
    const names = new Set<string>()
    class SpiedChannel extends Channel {
      constructor(channelName: string) {
        super(channelName)
        names.add(channelName)
      }
    }
    vi.stubGlobal('BroadcastChannel', SpiedChannel)
    onTestFinished(() => void vi.unstubAllGlobals())
    const all = [openTab(), openTab(), openTab()]
    await Promise.all(all.map(isOpen))
    const channels = [...names].map((channelName) => new Channel(channelName))
    expect(channels).toHaveLength(1)
    const types = ['hello', 'welcome', 'lead', 'entries', 'status', 'pulse', 'end', 'listen', 'mark', 'pong']
    const fields = [
      'from',
      'to',
      'at',
      'after',
      'id',
      'entries',
      'status',
      'term',
      'reason',
      'names',
      'follows',
    ]
    const value = fc.constantFrom(null, -1, {}, [null], [[]], 'text', Number.NaN)
    const message = fc.oneof(
      fc.anything(),
      fc
        .record({ type: fc.constantFrom(...types), field: fc.constantFrom(...fields), value })
        .map(({ type, field, value }) => ({ type, [field]: value })),
    )
    for (const data of fc.sample(message, 1_000)) {
      try {
        channels[0]?.postMessage(data)
      } catch {
        // Cannot be cloned.
      }
    }
    await publish(20)
    await allHaveAll()
    await oneIsOpen()
    expect(all.flatMap(({ errors }) => errors)).toEqual([])
    for (const channel of channels) channel.close()
  })
})
