/**
 * A thousand connections that never read while a million events are published: what the server's heap grows by.
 *
 * @see docs/internals/benchmarks.md
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { Child } from './common/child.ts'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { count, printTable } from './common/table.ts'
import type { ServerAnswer, ServerOrder } from './fanout/messages.ts'
import { formatOptions } from './fanout/options.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    events: { type: 'string', default: '1000000' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const connections = Number(values.connections)
const all = Number(values.events)

/** Until the hub's history of 100,000 events, which is trimmed from time to time, and its lists have their size. */
const WARM_UP_EVENTS = 500_000
const WEIGHED_AFTER = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * all))
const EVENTS_PER_TURN = 100
const PAYLOAD_BYTES = 120
const TIMEOUT_MS = 600_000

const step = showProgress(WEIGHED_AFTER.length)
const { weighed, bytesPerEvent } = await measure()
printTable(`hub, ${count(connections)} connections that never read`, [
  ['events', 'heap, MB'],
  ...weighed.map(({ events, heapBytes }) => [count(events), (heapBytes / 1e6).toFixed(1)]),
  ['grows, bytes an event', bytesPerEvent.toFixed(2)],
])
if (!values.dry) writeResults('stalled', { connections, payloadBytes: PAYLOAD_BYTES, weighed, bytesPerEvent })

async function measure() {
  const options = formatOptions({
    heartbeatMs: Number.POSITIVE_INFINITY,
    stallTimeoutMs: Number.POSITIVE_INFINITY, // else they would be closed, which is no way to pass this
  })
  const server = new Child<ServerOrder, ServerAnswer>(
    new URL('./fanout/server.ts', import.meta.url),
    ['hub', options],
    { execArgv: ['--expose-gc'], timeoutMs: TIMEOUT_MS },
  )
  try {
    const { port } = await server.hear('listening')
    const sockets = await Promise.all(Array.from({ length: connections }, () => openStalled(port)))
    const weighed: { events: number; heapBytes: number }[] = []
    let published = -WARM_UP_EVENTS
    for (const events of WEIGHED_AFTER) {
      step(`${count(events)} events`)
      const turns = (events - published) / EVENTS_PER_TURN
      const burst = { turns, eventsPerTurn: EVENTS_PER_TURN, payloadBytes: PAYLOAD_BYTES }
      await server.ask({ type: 'publish', burst }, 'published')
      published = events
      const { heapBytes } = await server.ask({ type: 'weigh' }, 'weighed')
      weighed.push({ events, heapBytes })
    }
    const lost = sockets.filter((socket) => socket.destroyed).length
    if (lost > 0) throw new Error(`${lost} connections ended`)
    const [first, last] = [weighed[0], weighed.at(-1)] as [(typeof weighed)[0], (typeof weighed)[0]]
    const bytesPerEvent = (last.heapBytes - first.heapBytes) / (last.events - first.events)
    for (const socket of sockets) socket.destroy()
    return { weighed, bytesPerEvent }
  } finally {
    server.stop()
  }
}

/** Reads the head, and then nothing any more. */
async function openStalled(port: number) {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /ticks HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n')
  await once(socket, 'data')
  socket.pause()
  socket.on('error', () => {})
  return socket
}
