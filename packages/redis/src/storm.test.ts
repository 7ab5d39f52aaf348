import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { hasRedis } from '@sse/test-support/redis-server'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { redis } from './index.ts'

const ticks = defineStream({ path: '/ticks', events: { tick: type<number>() } })
const CLIENTS = 5_000
const HISTORY = 5_000
const CHANNELS = 50
/** Pages of a thousand that fill the ring, one to begin with, and looks for news while it lasts. */
const MAX_READS = HISTORY / 1_000 + 1 + 10
const { start, later } = engineScope()

describe.skipIf(!hasRedis)('a restarted process', () => {
  it('serves five thousand clients that reconnect at once with a handful of reads', async () => {
    const server = await start()
    const before = createHub(ticks, { engine: redis(server.url) })
    const published = Array.from({ length: HISTORY }, (_, n) => before.publish(channelOf(n), 'tick', n))
    const ids = await Promise.all(published)
    await before.close()

    server.command('CONFIG', 'RESETSTAT')
    const engine = countingReads(redis(server.url))
    const hub = later(createHub(ticks, { engine }))
    // Each was at another position, and misses later events of its channel.
    const resume = async (at: number) => {
      const missed: number[] = []
      for await (const event of hub.subscribe(channelOf(at), { after: ids[at] })) {
        if (event.event !== 'tick') throw new Error(`the client at ${at} got a ${event.event}`)
        missed.push(event.payload)
        if (event.payload + CHANNELS >= HISTORY) return missed
      }
      throw new Error(`the client at ${at} was closed`)
    }
    const places = Array.from({ length: CLIENTS }, (_, n) => (n * 7) % (HISTORY - CHANNELS))
    const missed = await Promise.all(places.map(resume))
    expect(missed).toEqual(
      places.map((at) => {
        const count = Math.floor((HISTORY - 1 - at) / CHANNELS)
        return Array.from({ length: count }, (_, n) => at + (n + 1) * CHANNELS)
      }),
    )
    expect(engine.reads).toBeLessThanOrEqual(MAX_READS)
    const [, calls] = /^cmdstat_evalsha:calls=(\d+)/m.exec(server.command('INFO', 'commandstats')) ?? []
    // And what the server was asked: reads, presence, trimming.
    expect(Number(calls)).toBeLessThanOrEqual(MAX_READS + 10)
  }, 60_000)
})

const channelOf = (n: number) => `owner ${n % CHANNELS}`

function countingReads(inner: Engine): Engine & { reads: number } {
  return {
    reads: 0,
    append: (entries) => inner.append(entries),
    read(...given) {
      this.reads += 1
      return inner.read(...given)
    },
    onWake: (callback) => inner.onWake(callback),
    trim: (retention) => inner.trim(retention),
    commit: (subscriber, commit) => inner.commit(subscriber, commit),
    committed: (subscribers) => inner.committed(subscribers),
    forget: (subscriber) => inner.forget(subscriber),
    close: () => inner.close(),
  }
}
