import { setTimeout as sleep } from 'node:timers/promises'
import { type Attack, type AttackContext, CONSTANT_BYTES, RING_BYTES } from '../attack.ts'
import { encodeGets, writeEach } from '../raw-socket.ts'
import { scaled } from '../scale.ts'
import type { Ports, ServerReport } from '../server-parameters.ts'

const toMb = (bytes: number): number => Math.round(bytes / 1_048_576)

/** Reconnects with an old id: ten times a second, for `ms`, and leaves each time. */
async function reconnect({ open, oldId }: AttackContext, ms: number): Promise<void> {
  for (let elapsed = 0; elapsed < ms; elapsed += 100) {
    const socket = await open()
    socket.write(encodeGets(['restless'], oldId))
    await sleep(100)
    socket.destroy()
  }
}

/** Clients that ask again and again for what is behind the ring. */
export const history: readonly Attack[] = [
  {
    name: 'delivers live events in time while a client resumes ten times a second on events of 200 KB',
    server: { preload: { count: 200, bytes: 200_000 } },
    run: (context) => reconnect(context, scaled(2_000)),
    holdMs: 0,
    expectations: { connections: 2 },
  },
  {
    name: 'delivers live events in time while a client resumes ten times a second on a log on disk',
    server: { engine: 'sqlite', preload: { count: 200, bytes: 200_000 } },
    run: (context) => reconnect(context, scaled(2_000)),
    holdMs: 0,
    expectations: { connections: 2 },
  },
  {
    name: 'delivers live events in time while twelve clients resume at once, again and again',
    server: { engine: 'sqlite', preload: { count: 600, bytes: 50_000 } },
    run: async (context) => {
      await Promise.all(Array.from({ length: scaled(12) }, () => reconnect(context, 1_500)))
    },
    holdMs: 0,
    expectations: { connections: scaled(12), acceptedP50Ms: 50, acceptedP99Ms: 500 },
  },
  {
    name: 'admits many newcomers with a subscriber at once on a log on disk',
    server: { engine: 'sqlite', preload: { count: 50, bytes: 1_000 } },
    run: async ({ openAll, violation }) => {
      const sockets = await openAll(scaled(500))
      let admitted = 0
      for (const socket of sockets) {
        socket.once('data', (head: Buffer) => {
          if (head.toString('latin1').startsWith('HTTP/1.1 200')) admitted += 1
        })
      }
      writeEach(sockets, (index) => encodeGets([`newcomer-${index}?durable`]))
      for (let waited = 0; admitted < sockets.length && waited < 5_000; waited += 50) await sleep(50)
      if (admitted < sockets.length) violation(`${admitted} of ${sockets.length} newcomers were admitted`)
    },
    expectations: { connections: scaled(500), acceptedP50Ms: 50, acceptedP99Ms: 500 },
  },
  {
    name: 'fills the ring of a new process by bytes when the log has many large events',
    server: { engine: 'sqlite', preload: { count: 200, bytes: 1_000_000 } },
    run: async ({ startServer, file, violation }) => {
      const server = await startServer({ engine: 'sqlite', file })
      await server.call('mark')
      const before = await server.call<ServerReport>('report')
      await server.call<Ports>('listen')
      const after = await server.call<ServerReport>('report')
      const grown = after.peakRss - before.rss
      const limit = CONSTANT_BYTES + RING_BYTES
      if (grown > limit) {
        violation(`The new process grew by ${toMb(grown)} MB; at most ${toMb(limit)} MB is allowed`)
      }
    },
    holdMs: 0,
    expectations: { acceptedP50Ms: 100, acceptedP99Ms: 1_000 },
  },
  {
    name: 'stores 60 events of 1 MB and a small one that are published in one turn',
    server: { engine: 'sqlite' },
    run: async ({ server, violation }) => {
      const rejected = await server.call<string[]>('burst', [...Array(60).fill(1_000_000), 10])
      if (rejected.length > 0) violation(`${rejected.length} of 61 publishes were rejected: ${rejected[0]}`)
    },
    holdMs: 0,
    // Each payload waits for the disk, and so does what is published after it: as text, and as JSON.
    expectations: { extraBytes: 120_000_000, acceptedP50Ms: 2_000, acceptedP99Ms: 4_000 },
  },
]
