import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { READER_COUNT } from '../judge.ts'
import { encodeGets, writeEach } from '../raw-socket.ts'
import { scaled } from '../scale.ts'
import type { ServerReport } from '../server-parameters.ts'

const STALL_TIMEOUT_MS = 500
/** Longest time until all of them are closed: each stalls when its buffers are full. */
const STALLED_MS = 6_000

/** Sockets with a response that take its bytes slowly, or never. */
export const slowReaders: readonly Attack[] = [
  {
    name: 'shares pages behind the ring among sockets that read nothing',
    isLarge: true,
    server: { preload: { count: 1_600, bytes: 20_000 } },
    run: async ({ openAll, oldId }) => {
      const sockets = await openAll(scaled(60), { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`], oldId))
    },
    expectations: { connections: scaled(60) },
  },
  {
    name: 'shares pages of an engine on disk among sockets that read nothing',
    server: { engine: 'sqlite', preload: { count: scaled(800, 400), bytes: 60_000 } },
    run: async ({ openAll, oldId }) => {
      const sockets = await openAll(scaled(40), { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`], oldId))
    },
    // The sockets' buffers take some megabytes each at first.
    holdMs: 1_500,
    expectations: { connections: scaled(40) },
  },
  {
    name: 'cuts pages by bytes when events are as large as they may be',
    server: { engine: 'sqlite', preload: { count: scaled(100, 40), bytes: 1_000_000 } },
    run: async ({ openAll, oldId }) => {
      const sockets = await openAll(scaled(20), { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`], oldId))
    },
    // The sockets' buffers take some megabytes each at first.
    holdMs: 1_500,
    // One event of 1 MB, and its copy as a chunk, may wait for each.
    expectations: { connections: scaled(20), extraBytes: scaled(20) * 2_000_000 },
  },
  {
    name: 'keeps no live events for sockets that read nothing',
    isLarge: true,
    liveBytes: 20_000,
    run: async ({ openAll }) => {
      const sockets = await openAll(scaled(50), { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`]))
    },
    expectations: { connections: scaled(50) },
  },
  {
    name: 'frees the slots of sockets that read nothing after the stall timeout',
    server: {
      hub: { maxConnections: 50 },
      stream: { stallTimeoutMs: STALL_TIMEOUT_MS },
      preload: { count: 800, bytes: 20_000 },
    },
    run: async ({ openAll, oldId, server }) => {
      const sockets = await openAll(40, { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`], oldId))
      const hasSlots = async () =>
        (await server.call<ServerReport>('report')).stats.connections > READER_COUNT
      await sleep(STALL_TIMEOUT_MS)
      for (const deadline = Date.now() + STALLED_MS; Date.now() < deadline && (await hasSlots()); )
        await sleep(50)
    },
    // Presence outlasts a connection by 3 to 6 seconds.
    expectations: { connections: 40, maxSlots: 0, maxPresent: 40 },
  },
  {
    name: 'serves sockets that read a byte a second without delaying others',
    isLarge: true,
    server: { preload: { count: 800, bytes: 20_000 } },
    run: async ({ openAll, oldId }) => {
      const sockets = await openAll(scaled(30), { isReading: false, readBytes: 1 })
      for (const [index, socket] of sockets.entries()) {
        socket.write(encodeGets([`slow-${index}`], oldId))
        socket.resume()
        const timer = setInterval(() => socket.resume(), 1_000)
        socket.once('close', () => clearInterval(timer))
      }
    },
    holdMs: 1_500,
    expectations: { connections: scaled(30) },
  },
  {
    name: 'releases sockets whose client has closed its side',
    isLarge: true,
    run: async ({ openAll }) => {
      const sockets = await openAll(scaled(100))
      for (const [index, socket] of sockets.entries()) socket.end(encodeGets([`half-${index}`]))
    },
    expectations: { connections: scaled(100) },
  },
  {
    name: 'survives sockets that read a little and are then reset with bytes in flight',
    isLarge: true,
    server: { preload: { count: 800, bytes: 20_000 } },
    run: async ({ openAll, oldId }) => {
      for (let round = 0; round < 4; round += 1) {
        const sockets = await openAll(scaled(25))
        await Promise.all(
          sockets.map(
            (socket, index) =>
              new Promise<void>((resolve) => {
                socket.once('data', () => {
                  socket.resetAndDestroy()
                  resolve()
                })
                socket.once('close', () => resolve())
                socket.write(encodeGets([`reset-${round}-${index}`], oldId))
              }),
          ),
        )
      }
    },
    // Presence outlasts a connection by 3 to 6 seconds.
    expectations: { connections: scaled(25), maxPresent: scaled(100) },
  },
]
