import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { encodeGets, encodeRequest, exchange } from '../raw-socket.ts'
import { scaled } from '../scale.ts'

const owners = (count: number): string[] => Array.from({ length: count }, (_, index) => `attacker-${index}`)

/** Many requests in one write: only the first has the socket for its response. */
export const pipelining: readonly Attack[] = [
  {
    name: 'costs the log once when one socket pipelines GETs with an old id',
    server: { preload: { count: 1_600, bytes: 20_000 } },
    run: async ({ open, oldId }) => {
      const socket = await open()
      socket.write(encodeGets(owners(scaled(100)), oldId))
    },
    expectations: { connections: 1, requests: scaled(100) },
  },
  {
    name: 'costs the log once when the pipelining socket reads nothing',
    isLarge: true,
    server: { preload: { count: 1_600, bytes: 20_000 } },
    run: async ({ open, oldId }) => {
      const socket = await open({ isReading: false })
      socket.write(encodeGets(owners(scaled(100)), oldId))
    },
    expectations: { connections: 1, requests: scaled(100) },
  },
  {
    name: 'costs the log once when the GETs are pipelined to an engine on disk',
    isLarge: true,
    server: { engine: 'sqlite', preload: { count: 800, bytes: 40_000 } },
    run: async ({ open, oldId }) => {
      const socket = await open()
      socket.write(encodeGets(owners(scaled(100)), oldId))
    },
    expectations: { connections: 1, requests: scaled(100) },
  },
  {
    name: 'keeps live events from responses that have no socket yet',
    isLarge: true,
    liveBytes: 20_000,
    run: async ({ open }) => {
      const socket = await open()
      socket.write(encodeGets(owners(scaled(100))))
    },
    expectations: { connections: 1, requests: scaled(100) },
  },
  {
    name: 'takes one slot for one socket, however many GETs it pipelines',
    server: { hub: { maxConnections: 50 }, stream: { stallTimeoutMs: 500 } },
    run: async ({ open }) => {
      const socket = await open()
      socket.write(encodeGets(owners(scaled(200, 80))))
    },
    expectations: { connections: 1, requests: scaled(200, 80) },
  },
  {
    name: 'takes no slot for GETs that are pipelined behind a response that never ends on a silent socket',
    server: {
      hub: { maxConnections: 50 },
      stream: { stallTimeoutMs: 500 },
      preload: { count: 400, bytes: 20_000 },
    },
    run: async ({ open, oldId }) => {
      const socket = await open({ isReading: false })
      socket.write(encodeGets(owners(scaled(200, 80)), oldId))
    },
    expectations: { connections: 1, requests: scaled(200, 80) },
  },
  {
    name: 'never counts pipelined GETs as connections of their identity',
    isLarge: true,
    server: { hub: { maxConnectionsPerIdentity: 2 } },
    run: async ({ open, http1, violation }) => {
      const socket = await open()
      socket.write(encodeGets(Array(scaled(50)).fill('victim')))
      await sleep(200)
      const { statuses } = await exchange(http1, encodeGets(['victim']))
      if (statuses[0] !== 200)
        violation(`The second connection of an identity was answered with ${statuses[0]}`)
    },
    expectations: { connections: 1, requests: scaled(50) },
  },
  {
    name: 'frees everything when a socket that pipelined GETs is reset at once',
    server: { preload: { count: 400, bytes: 20_000 } },
    run: async ({ open, oldId }) => {
      for (let round = 0; round < scaled(20); round += 1) {
        const socket = await open({ isReading: false })
        socket.write(encodeGets(owners(20), oldId), () => socket.resetAndDestroy())
      }
    },
    // Presence outlasts a connection by 3 to 6 seconds.
    expectations: { requests: scaled(400), maxPresent: scaled(20) },
  },
  {
    name: 'answers unknown paths that are pipelined in any number',
    isLarge: true,
    run: async ({ open }) => {
      const socket = await open()
      const unknown = encodeRequest('/nowhere')
      socket.write(unknown.repeat(scaled(500)))
    },
    expectations: { requests: scaled(500) },
  },
]
