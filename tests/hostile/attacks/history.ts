import { setTimeout as sleep } from 'node:timers/promises'
import { type Attack, type AttackContext, CONSTANT_BYTES, RING_BYTES } from '../attack.ts'
import { toMb } from '../judge.ts'
import { encodeGets } from '../raw-socket.ts'
import { scaled } from '../scale.ts'
import type { Ports, ServerReport } from '../server-parameters.ts'

const RECONNECT_MS = scaled(2_000, 1_000)
const LARGE_EVENTS = Math.min(1_000, scaled(300))
const BURST = scaled(140, 40)
const LARGE_BYTES = 1_000_000

/** Reconnects with an old id: ten times a second, for `ms`, and leaves each time. */
export async function reconnect({ open, oldId }: AttackContext, ms: number): Promise<void> {
  for (let elapsed = 0; elapsed < ms; elapsed += 100) {
    const socket = await open()
    socket.write(encodeGets(['restless'], oldId))
    await sleep(100)
    socket.destroy()
  }
}

/** Starts another process on the log, and notes a violation if filling its ring takes more memory than the ring. */
export async function startOnLargeLog({ startServer, store, violation }: AttackContext): Promise<void> {
  const server = await startServer(store)
  await server.call('mark')
  const before = await server.call<ServerReport>('report')
  await server.call<Ports>('listen')
  const after = await server.call<ServerReport>('report')
  const grown = after.peakRss - before.rss
  const limit = CONSTANT_BYTES + RING_BYTES
  if (grown > limit) {
    violation(`The new process grew by ${toMb(grown)} MB; at most ${toMb(limit)} MB is allowed`)
  }
}

/** Publishes many large events and a small one in one turn: none may fail because of the others. */
export async function burst({ server, violation }: AttackContext): Promise<void> {
  const rejected = await server.call<string[]>('burst', [...Array(BURST).fill(LARGE_BYTES), 10])
  if (rejected.length > 0) {
    violation(`${rejected.length} of ${BURST + 1} publishes were rejected: ${rejected[0]}`)
  }
}

/** Each payload waits for the engine, as text and as JSON, and so does what is published after it. */
export const BURST_EXPECTATIONS: Attack['expectations'] = {
  extraBytes: BURST * LARGE_BYTES * 2,
  acceptedP50Ms: 2_000,
  acceptedP99Ms: BURST * 50,
}

/** Clients that ask again and again for what is behind the ring, and logs of large events. */
export const history: readonly Attack[] = [
  {
    name: 'delivers live events in time while a client resumes ten times a second on events of 200 KB',
    isLarge: true,
    server: { preload: { count: 200, bytes: 200_000 } },
    run: (context) => reconnect(context, RECONNECT_MS),
    holdMs: 0,
    expectations: { connections: 2 },
  },
  {
    name: 'delivers live events in time while a client resumes ten times a second on a log on disk',
    server: { engine: 'sqlite', preload: { count: scaled(200, 120), bytes: 200_000 } },
    run: (context) => reconnect(context, RECONNECT_MS),
    holdMs: 0,
    expectations: { connections: 2 },
  },
  {
    name: 'delivers live events in time while twelve clients resume at once, again and again',
    isLarge: true,
    server: { engine: 'sqlite', preload: { count: 600, bytes: 50_000 } },
    run: async (context) => {
      await Promise.all(Array.from({ length: scaled(12) }, () => reconnect(context, 1_500)))
    },
    holdMs: 0,
    // Twelve clients read as fast as the process can write: it has one thread.
    expectations: { connections: scaled(12), acceptedP50Ms: 50 },
  },
  {
    name: 'fills the ring of a new process by bytes when the log has many large events',
    server: { engine: 'sqlite', preload: { count: LARGE_EVENTS, bytes: LARGE_BYTES } },
    run: startOnLargeLog,
    holdMs: 0,
    // Another process starts on one of two cores.
    expectations: { acceptedP50Ms: 100 },
  },
  {
    name: 'stores many events of 1 MB and a small one that are published in one turn',
    server: { engine: 'sqlite' },
    run: burst,
    holdMs: 0,
    expectations: BURST_EXPECTATIONS,
  },
]
