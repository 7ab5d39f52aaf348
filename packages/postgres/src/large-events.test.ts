import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead } from '@sse/test-support/entries'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { STATE } from '@sse/test-support/read-options'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { postgres } from './index.ts'

const { newDatabase, open, later, laterStop } = engineScope()
const texts = defineStream({ path: '/texts', events: { text: type<string>() } })
const FOREVER = Number.POSITIVE_INFINITY

/** A log of events of 1,000 KB each, on the channel `a`. */
async function newLargeLog(count: number): Promise<string> {
  const { server, url } = await newDatabase()
  await open(url).read(0, STATE)
  await server.query(
    `INSERT INTO sse.entries (log, position, at, channel, event, data)
     SELECT l.id, n, extract(epoch FROM clock_timestamp()) * 1000, 'a', 'text', to_jsonb(repeat('x', 999998))::text
     FROM sse.logs l, generate_series(1, $1::integer) n`,
    [count],
    url,
  )
  await server.query('UPDATE sse.logs SET head = $1', [count], url)
  return url
}

/** `LARGE_LOG_EVENTS=1000` for 1 GB. */
const EVENTS = Number(process.env.LARGE_LOG_EVENTS ?? 300)

describe.skipIf(!hasPostgres)(`a log of ${EVENTS} events of 1,000 KB`, { timeout: 240_000 }, () => {
  it('is opened by a starting process, read from its start, and trimmed, each within the time limit', async () => {
    const url = await newLargeLog(EVENTS)
    const errors: unknown[] = []
    const engine = postgres({ url, onWarning: () => {} })
    const hub = later(createHub(texts, { engine, onError: (error) => errors.push(error) }))
    const { epoch } = await engine.read(0, STATE)
    const live: string[] = []
    const read = async () => {
      for await (const { payload } of hub.subscribe('a')) live.push(String(payload))
    }
    const reading = read()
    await until(() => hub.stats().head === EVENTS, 'the hub is at the head')
    await until(async () => {
      await hub.publish('a', 'text', 'new')
      return live.length > 0
    }, 'it delivers')
    // From the start of the log, which is far behind the ring.
    let count = 0
    for await (const { payload } of hub.subscribe('a', { after: `${epoch}-0` })) {
      expect(payload).toHaveLength(999_998)
      count += 1
      if (count === 40) break
    }
    await engine.trim({ maxEvents: 10, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    const { head, oldest } = await engine.read(0, STATE)
    expect(head - oldest).toBe(9)
    expect(errors).toEqual([])
    await hub.close()
    await reading
  })

  it('is read in pages that load only what they return', async () => {
    const url = await newLargeLog(100)
    const engine = open(url)
    for (const options of [{}, { channels: ['a', 'b'] }, { isHistory: true }]) {
      const page = await engine.read(0, { limit: 1_000, maxBytes: 2_500_000, ...options })
      expect([page.entries.length, page.reached, page.head]).toEqual([3, 3, 100])
    }
  })
})

describe.skipIf(!hasPostgres)('large events', { timeout: 120_000 }, () => {
  it('of the outbox are moved a few at a time, in order', async () => {
    const { server, url } = await newDatabase()
    const engine = open(url)
    await engine.append([lead('first')])
    await server.query(
      `INSERT INTO sse.outbox (log, channel, event, data)
       SELECT id, 'a', 'text', to_jsonb(n || repeat('x', 999000))::text FROM sse.logs, generate_series(1, 100) n`,
      [],
      url,
    )
    expect((await engine.append([lead('last')])).positions).toEqual([102])
    const { entries } = await engine.read(99, { limit: 10, maxBytes: FOREVER })
    expect(entries.map(({ data }) => data.slice(0, 5))).toEqual(['"99xx', '"100x', '"last'])
  })

  it('arrive over a slow network, even if one takes longer than the timeout', async () => {
    const { server, url } = await newDatabase()
    await open(url).append([
      lead('x'.repeat(4_000_000)),
      ...Array.from({ length: 7 }, () => lead('x'.repeat(500_000))),
    ])
    const relay = laterStop(await TcpProxy.open(server.port))
    const engine = open({ url: url.replace(String(server.port), String(relay.port)), timeoutMs: 1_000 })
    await engine.read(0, STATE)
    relay.pauseMs = 40 // about 1.6 MB a second, in chunks of 64 KB
    // All at once: most of them wait for others on the same connection for longer than the timeout.
    const pages = await Promise.all(
      Array.from({ length: 8 }, (_, after) => engine.read(after, { limit: 1, maxBytes: 1, isHistory: true })),
    )
    expect(pages.map(({ entries }) => entries[0]?.data.length)).toEqual([
      4_000_002,
      ...Array(7).fill(500_002),
    ])
  })
})

describe.skipIf(!hasPostgres)('history', { timeout: 60_000 }, () => {
  it('is read on a separate connection, so that appends and live reads never wait for it', async () => {
    const { server, url } = await newDatabase()
    await open(url).append([lead('x'.repeat(1_000_000)), lead(2)])
    const relay = laterStop(await TcpProxy.open(server.port))
    const engine = open({ url: url.replace(String(server.port), String(relay.port)) })
    await engine.read(0, STATE)
    expect(relay.connections).toBe(1)
    const page = await engine.read(0, { limit: 1, maxBytes: 1, isHistory: true })
    expect(page.entries).toHaveLength(1)
    expect(relay.connections).toBe(2)
    // Reads of history that have not begun yet: the others are done before them.
    const order: string[] = []
    const note = (name: string) => (): number => order.push(name)
    const history = Array.from({ length: 20 }, () =>
      engine.read(0, { limit: 1, maxBytes: 1, isHistory: true }).then(note('history')),
    )
    await engine.append([lead(3)]).then(note('append'))
    await engine.read(2, { limit: 1, maxBytes: 1 }).then(note('read'))
    await Promise.all(history)
    expect(order.indexOf('append')).toBeLessThan(20)
    expect(order.indexOf('read')).toBeLessThan(20)
  })
})
