import { connect, type Feed, type FeedStatus } from '@sse/client'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { room, type World, worlds } from './worlds.ts'

type RoomFeed = Feed<{ n: number; text: string; nothing: undefined }>

interface Client {
  feed: RoomFeed
  seen: unknown[]
  /** Waits until `count` events and gaps were received. */
  has(count: number): Promise<unknown>
  isOpen(): Promise<unknown>
}

/** Records everything a client observes: events, gaps and statuses. */
function follow(world: World, lastEventId = ''): Client & Disposable {
  const seen: unknown[] = []
  let count = 0
  const feed = connect(room, {
    baseUrl: world.origin,
    params: { name: 'a b' },
    fetch: world.fetch,
    lastEventId,
    reconnect: { jitterMs: 1, maxJitterMs: 5 },
    onError: () => {},
  })
  feed.onStatus((status) => seen.push(shown(status)))
  for (const name of ['n', 'text', 'nothing', 'gap'] as const) {
    feed.on(name, (payload, { id }) => {
      count += 1
      seen.push([name, payload, id])
    })
  }
  return {
    feed,
    seen,
    has: (wanted) => until(() => count >= wanted),
    isOpen: () => until(() => feed.status.state === 'open' && feed.lastEventId !== ''),
    [Symbol.dispose]: () => feed.close(),
  }
}

function shown(status: FeedStatus): unknown {
  if (!('error' in status)) return [status.state, 'reason' in status ? status.reason : '']
  const { code, status: answered, cause } = status.error
  // Below HTTP a lost connection has other messages.
  return [status.state, ['network', 'dropped'].includes(code) ? 'lost' : [code, answered, String(cause)]]
}

/** Replaces the names of logs by A, B, C in the order they appear. */
function withoutEpochs(seen: unknown): unknown {
  const names: string[] = []
  const renamed = JSON.stringify(seen).replace(/"(\w+)-(\w+)"/g, (_, epoch: string, position: string) => {
    if (!names.includes(epoch)) names.push(epoch)
    return `"${'ABC'[names.indexOf(epoch)]}-${position}"`
  })
  return JSON.parse(renamed)
}

const scenarios: Record<string, (world: World) => Promise<unknown>> = {
  async 'an event of each kind'(world) {
    using client = follow(world)
    await client.isOpen()
    await world.publish('n', 7 as never)
    await world.publish('text', 'two\nlines, é 漢 😀' as never)
    await world.publish('nothing', undefined as never)
    await client.has(3)
    return [client.seen, client.feed.lastEventId]
  },

  async 'events missed during a cut arrive once and in order'(world) {
    using client = follow(world)
    await client.isOpen()
    await world.publish('n', 1 as never)
    await client.has(1)
    world.refuseNext(503)
    world.cut()
    await until(() => client.feed.status.state !== 'open')
    for (const n of [2, 3, 4]) await world.publish('n', n as never)
    await client.has(4)
    await world.publish('n', 5 as never)
    await client.has(5)
    return client.seen.filter((entry) => (entry as string[])[0] === 'n')
  },

  async 'a connection cut before its first event resumes from the open event'(world) {
    await world.publish('n', 1 as never)
    using client = follow(world)
    await client.isOpen()
    world.refuseNext(503)
    world.cut()
    await until(() => client.feed.status.state !== 'open')
    await world.publish('n', 2 as never)
    await client.has(1)
    return client.seen.filter((entry) => (entry as string[])[0] === 'n')
  },

  async 'a new client starts at the head'(world) {
    await world.publish('n', 1 as never)
    using client = follow(world)
    await client.isOpen()
    await world.publish('n', 2 as never)
    await client.has(1)
    return client.seen
  },

  async 'an id of another log'(world) {
    await world.publish('n', 1 as never)
    using client = follow(world, 'other-5')
    await client.has(1)
    await world.publish('n', 2 as never)
    await client.has(2)
    return client.seen
  },

  async 'an id that no log assigned'(world) {
    using client = follow(world, 'what?')
    await client.has(1)
    return client.seen
  },

  async 'an id ahead of the log'(world) {
    using first = follow(world)
    await first.isOpen()
    using client = follow(world, first.feed.lastEventId.replace(/-.*/, '-zz'))
    await client.has(1)
    await world.publish('n', 1 as never)
    await client.has(2)
    return client.seen
  },

  async 'an id older than history'(world) {
    using first = follow(world)
    await first.isOpen()
    const id = first.feed.lastEventId
    first.feed.close()
    for (const n of [1, 2, 3]) await world.publish('n', n as never)
    await world.trim()
    await world.publish('n', 4 as never)
    using client = follow(world, id)
    await client.has(2)
    return client.seen
  },

  async 'trimmed history of which the client missed nothing'(world) {
    using first = follow(world)
    await first.isOpen()
    await world.publish('n', 1 as never)
    await first.has(1)
    const id = first.feed.lastEventId
    first.feed.close()
    await world.trim()
    using client = follow(world, id)
    await client.isOpen()
    await world.publish('n', 2 as never)
    await client.has(1)
    return client.seen
  },

  async 'a refusal that is not retryable'(world) {
    world.refuseNext(403)
    using client = follow(world)
    await until(() => client.feed.status.state === 'closed')
    return client.seen
  },

  async 'a retryable refusal'(world) {
    world.refuseNext(503)
    using client = follow(world)
    await client.isOpen()
    return client.seen
  },

  async 'a refusal with Retry-After'(world) {
    world.refuseNext(503, 1_000)
    using client = follow(world)
    await until(() => client.feed.status.state === 'waiting')
    const { status } = client.feed
    const waits = status.state === 'waiting' && (status.retryAt ?? 0) - Date.now() > 500
    return [waits, client.seen]
  },

  async acknowledgements(world) {
    using client = follow(world)
    await client.isOpen()
    await world.publish('n', 1 as never)
    await client.has(1)
    await client.feed.ack(client.feed.lastEventId)
    const refused = await Promise.allSettled(
      ['other-1', client.feed.lastEventId.replace(/-.*/, '-zz')].map((id) => client.feed.ack(id)),
    )
    const statuses = refused.map((result) => 'reason' in result && result.reason.status)
    return [await world.acks(), statuses]
  },

  async 'a closed feed disconnects from the server'(world) {
    const client = follow(world)
    await client.isOpen()
    const before = world.connections()
    client.feed.close()
    await until(() => world.connections() === 0)
    return [before, client.seen]
  },

  async 'a resume after the end id closes the feed'(world) {
    using client = follow(world, 'sse.end')
    await until(() => client.feed.status.state === 'closed')
    return client.seen
  },
}

describe('a client observes the same from the fake server and from a hub over a socket', () => {
  it.each(Object.keys(scenarios))('%s', async (name) => {
    const run = async (kind: 'fake' | 'real') => {
      await using world = await worlds[kind]()
      return withoutEpochs(await scenarios[name]?.(world))
    }
    const [fake, real] = [await run('fake'), await run('real')]
    expect(fake).toEqual(real)
    expect(JSON.stringify(real).length).toBeGreaterThan(10)
  })
})

/** The bytes of one response, until `isEnough`; its ids without the name of the log. */
async function bytesOf(
  world: World,
  lastEventId: string | undefined,
  act: () => Promise<unknown>,
  isEnough: RegExp,
) {
  const controller = new AbortController()
  const response = await world.fetch(`${world.origin}/room/a%20b`, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    signal: controller.signal,
  })
  const headers = ['content-type', 'cache-control', 'x-accel-buffering'].map((n) => response.headers.get(n))
  let text = ''
  const decoder = new TextDecoder()
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const read = async (isEnough: RegExp) => {
    while (!isEnough.test(text)) text += decoder.decode((await reader.read()).value, { stream: true })
  }
  await read(/sse\.open/)
  await act()
  await read(isEnough)
  controller.abort()
  await reader.closed.catch(() => {})
  return [
    response.status,
    headers,
    text.replace(/^id: \w+-/gm, 'id: A-').replace(/"since":"\w+-/g, '"since":"A-'),
  ]
}

describe('the fake server sends the bytes of a hub', () => {
  it.each<[string, string | undefined, RegExp]>([
    ['from the first frame to a heartbeat after the events', undefined, /event: n[\s\S]*sse\.heartbeat/],
    ['after a gap', 'other-1', /event: n[\s\S]*sse\.heartbeat/],
  ])('%s', async (_, lastEventId, isEnough) => {
    const run = async (kind: 'fake' | 'real') => {
      await using world = await worlds[kind]()
      await world.publish('n', 1 as never)
      const act = async () => {
        await world.publish('text', 'a\r\n"é"' as never)
        await world.publish('nothing', undefined as never)
        await world.publish('n', 0 as never)
      }
      const [status, headers, text] = await bytesOf(world, lastEventId, act, isEnough)
      // A heartbeat may come between events; only the one after them is compared.
      const [before, last] = [/^[\s\S]*event: n\ndata: 0\n\n/, /event: n\ndata: 0\n\n([\s\S]*)$/].map(
        (part) => part.exec(text as string)?.at(-1) ?? '',
      )
      const events = before?.replace(/id: A-\w+\nevent: sse\.heartbeat\ndata: \n\n/g, '')
      return [status, headers, events, last]
    }
    const [fake, real] = [await run('fake'), await run('real')]
    expect(fake).toEqual(real)
    expect(real[2]).toContain('event: nothing\ndata: \n\n')
  })
})
