import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import { sse } from '@sse/server/node'
import { fetchOf, makeChunks } from '../client/stream.ts'
import { listen } from '../fanout/listen.ts'
import { MARK, makeText, makeTick, type Tick } from '../fanout/tick.ts'
import type { Opening } from './messages.ts'

/** One path through the code, run as often as asked for. */
export interface Scenario {
  /** What the counts are divided by. */
  unit: 'event' | 'connection'
  /** Number of units of one run. */
  units: number
  /** `open` has another process connect, and resolves when it has read the wanted bytes. The connection stays open. */
  start(open: (opening: Opening) => Promise<void>): Promise<(units: number) => Promise<void>>
}

/** So few that the kernel takes every write at once, also while the reader waits for a processor. */
const EVENTS = 200
const CONNECTIONS = 10
const TEXT = makeText(100)

const contract = defineStream({
  path: '/ticks',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { tick: type<Tick>() },
})
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function startHub(ring?: { maxEvents: number }) {
  const hub = createHub(contract, { engine: memory(), ...(ring && { ring }) })
  const port = await listen(sse(hub, { authorize: () => true, channels: 'everyone' }))
  return { hub, port, publish: (n: number) => hub.publish('everyone', 'tick', makeTick(n, TEXT)) }
}

const publish = (eventsPerTurn: number): Scenario => ({
  unit: 'event',
  units: EVENTS,
  async start(open) {
    const { port, publish } = await startHub()
    for (let n = 0; n < CONNECTIONS; n++) await open({ port, until: '\n\n' })
    return async (events) => {
      for (let n = 0; n < events; n += eventsPerTurn) {
        await Promise.all(Array.from({ length: eventsPerTurn }, (_, index) => publish(n + index)))
        await turn()
      }
    }
  },
})

const generate = (eventsPerTurn: number): Scenario => ({
  unit: 'event',
  units: EVENTS,
  async start(open) {
    let run = (_events: number): void => {}
    let ran = (): void => {}
    const port = await listen(
      sse(contract, async function* ({ event }) {
        for (;;) {
          const events = await new Promise<number>((resolve) => {
            run = resolve
          })
          for (let n = 0; n < events; n++) {
            yield event('tick', makeTick(n, TEXT))
            if (n % eventsPerTurn === eventsPerTurn - 1) await turn()
          }
          ran()
        }
      }),
    )
    await open({ port, until: '\r\n\r\n' })
    return (events) =>
      new Promise((resolve) => {
        ran = resolve
        run(events)
      })
  },
})

const listenTo = (perChunk: number): Scenario => ({
  unit: 'event',
  units: EVENTS * 5,
  async start() {
    const ticks = defineStream({ path: '/', events: { tick: type<{ n: number }>() } })
    return async (events) => {
      const fetch = fetchOf(makeChunks({ events, heardEach: 1, perChunk, size: 90, hasIds: true }))
      const feed = connect(ticks, { baseUrl: 'http://127.0.0.1', fetch })
      await new Promise<void>((resolve) => {
        feed.on('tick', ({ n }) => n === events && resolve())
      })
      feed.close()
    }
  },
})

const accept: Scenario = {
  unit: 'connection',
  units: 50,
  async start(open) {
    const { port } = await startHub()
    return async (connections) => {
      for (let n = 0; n < connections; n++) await open({ port, until: '\n\n' })
    }
  },
}

const resume: Scenario = {
  unit: 'event',
  units: EVENTS * 5,
  async start(open) {
    // Without a ring, so that the engine's history is read.
    const { port, publish } = await startHub({ maxEvents: 0 })
    const first = await publish(0)
    for (let n = 1; n <= EVENTS * 5; n++) await publish(n)
    return () => open({ port, lastEventId: first, until: MARK, times: EVENTS * 5 })
  },
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'publish → write, 1 event a turn': publish(1),
  'publish → write, 10 events a turn': publish(10),
  'yield → write, 1 event a turn': generate(1),
  'yield → write, 100 events a turn': generate(100),
  'bytes → listener, 1 event a chunk': listenTo(1),
  'bytes → listener, 100 events a chunk': listenTo(100),
  'accept → first byte of a hub': accept,
  'resume from a page of history': resume,
}
