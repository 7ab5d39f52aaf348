import { once } from 'node:events'
import { type ClientHttp2Session, constants } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { encodeHttp2Gets } from '../http2-frames.ts'
import { scaled } from '../scale.ts'

/** Streams that browsers and Node's client open in one session at a time. */
const STREAMS = 100

const paths = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `/beats/stream-${index}`)

function requestAll(session: ClientHttp2Session, count: number, lastEventId?: string): void {
  for (const path of paths(count)) {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const stream = session.request({ ':path': path, ...headers })
    stream.on('error', () => {})
    stream.resume()
    stream.end()
  }
}

/** Sessions that open more than they read. */
export const http2: readonly Attack[] = [
  {
    name: 'buffers nothing for streams whose window is closed',
    server: { preload: { count: 300, bytes: 100_000 } },
    run: async ({ openHttp2, oldId }) => {
      requestAll(openHttp2({ initialWindowSize: 0 }), STREAMS, oldId)
    },
    // One stream starts, to find out whether the client opens its window by itself.
    expectations: { requests: STREAMS, connections: 1 },
  },
  {
    name: 'buffers nothing of an engine on disk for streams whose window is closed',
    isLarge: true,
    server: { engine: 'sqlite', preload: { count: 300, bytes: 100_000 } },
    run: async ({ openHttp2, oldId }) => {
      requestAll(openHttp2({ initialWindowSize: 0 }), STREAMS, oldId)
    },
    // One stream starts, to find out whether the client opens its window by itself.
    expectations: { requests: STREAMS, connections: 1 },
  },
  {
    name: 'keeps live events from streams whose window is closed',
    isLarge: true,
    liveBytes: 50_000,
    run: async ({ openHttp2 }) => {
      requestAll(openHttp2({ initialWindowSize: 0 }), STREAMS)
    },
    // One stream starts, to find out whether the client opens its window by itself.
    expectations: { requests: STREAMS, connections: 1 },
  },
  {
    name: 'takes no slots for streams whose window is closed',
    server: { hub: { maxConnections: 50 }, stream: { stallTimeoutMs: 500 } },
    run: async ({ openHttp2 }) => {
      requestAll(openHttp2({ initialWindowSize: 0 }), STREAMS)
    },
    holdMs: 1_500,
    expectations: { requests: STREAMS },
  },
  {
    name: 'bounds the memory of streams whose session reads nothing from its socket',
    server: { preload: { count: 300, bytes: 100_000 } },
    run: async ({ open, oldId }) => {
      const socket = await open({ protocol: 'http2', isReading: false })
      socket.write(encodeHttp2Gets(paths(STREAMS), oldId))
    },
    expectations: { connections: STREAMS },
  },
  {
    name: 'survives streams that are opened and cancelled at once',
    isLarge: true,
    run: async ({ openHttp2 }) => {
      let session = openHttp2()
      for (let index = 0; index < scaled(500); index += 1) {
        if (session.destroyed || session.closed) session = openHttp2()
        const stream = session.request({ ':path': `/beats/cancelled-${index % 10}` })
        stream.on('error', () => {})
        stream.close(constants.NGHTTP2_CANCEL)
        if (index % 100 === 99) await sleep(20)
      }
    },
    // Node's HTTP/2 server alone stops the event loop for 0.3 ms per cancelled stream.
    expectations: { requests: scaled(500), maxSlots: 10, acceptedP50Ms: 100, acceptedP99Ms: 1_000 },
  },
  {
    name: 'survives streams that are cancelled while their history is read',
    isLarge: true,
    server: { preload: { count: 300, bytes: 100_000 } },
    run: async ({ openHttp2, oldId }) => {
      for (let round = 0; round < scaled(5); round += 1) {
        const session = openHttp2()
        requestAll(session, STREAMS, oldId)
        await sleep(20)
        session.destroy()
      }
    },
    // Presence outlasts a connection by 3 to 6 seconds.
    expectations: { connections: STREAMS, maxSlots: 0, maxPresent: STREAMS },
  },
  {
    name: 'survives sessions that are destroyed before their first answer',
    isLarge: true,
    run: async ({ openHttp2 }) => {
      for (let round = 0; round < scaled(50); round += 1) {
        const session = openHttp2()
        requestAll(session, 10)
        session.once('connect', () => session.destroy())
        await once(session, 'close')
      }
    },
    expectations: { requests: scaled(500), maxSlots: 10 },
  },
]
