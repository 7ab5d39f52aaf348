import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, AttackContext } from '../attack.ts'
import { clock } from '../beats.ts'
import { encodeGets, writeEach } from '../raw-socket.ts'
import { scaled } from '../scale.ts'
import type { ServerReport } from '../server-parameters.ts'

const NEWCOMERS = scaled(1_500)
/** Each takes 2 to 4 MB of history until its socket's buffers are full. */
const BEHIND = scaled(500)
/** Longest time until all are admitted: a busy machine is slow. */
const ADMIT_MS = 20_000 + NEWCOMERS * 5
/** Longest time that `stats()` may take for each connection: it is called beside live events. */
const STATS_MS_PER_CONNECTION = 0.005
const WAVE = 250

/** Sends a request of each socket, and notes a violation unless each is answered with 200. */
async function admit({ openAll, violation }: AttackContext, isDurable: boolean): Promise<void> {
  let admitted = 0
  const others = new Set<string>()
  for (let sent = 0; sent < NEWCOMERS; sent += WAVE) {
    const sockets = await openAll(Math.min(WAVE, NEWCOMERS - sent))
    for (const socket of sockets) {
      socket.once('data', (head: Buffer) => {
        const [status = ''] = head.toString('latin1').split('\r\n', 1)
        if (status === 'HTTP/1.1 200 OK') admitted += 1
        else others.add(status)
      })
    }
    writeEach(sockets, (index) => encodeGets([`newcomer-${sent + index}${isDurable ? '?durable' : ''}`]))
  }
  for (const deadline = clock() + ADMIT_MS; admitted < NEWCOMERS && clock() < deadline; ) await sleep(20)
  if (admitted < NEWCOMERS) {
    const answers = [...others].join(', ') || 'nothing'
    violation(`${admitted} of ${NEWCOMERS} newcomers were admitted; others were answered with ${answers}`)
  }
}

/** Many connections at once. Each costs the process something, but never more than the one before. */
export const crowds: readonly Attack[] = [
  {
    name: 'admits many newcomers with a subscriber at once on a log on disk',
    server: { engine: 'sqlite', preload: { count: 50, bytes: 1_000 } },
    run: (context) => admit(context, true),
    // Every newcomer takes a fraction of a millisecond of the one thread, as without a hub.
    expectations: { connections: NEWCOMERS, acceptedP50Ms: NEWCOMERS, acceptedP99Ms: 2 * NEWCOMERS },
  },
  {
    name: 'admits many newcomers with a subscriber at once on a log in memory',
    isLarge: true,
    run: (context) => admit(context, true),
    expectations: { connections: NEWCOMERS, acceptedP50Ms: NEWCOMERS, acceptedP99Ms: 2 * NEWCOMERS },
  },
  {
    name: 'keeps its figures linear in the readers that are behind the ring',
    server: { hub: { ring: { maxEvents: 500 } }, preload: { count: 800, bytes: 10_000 } },
    run: async ({ openAll, oldId, server, violation }) => {
      for (let sent = 0; sent < BEHIND; sent += WAVE) {
        const sockets = await openAll(Math.min(WAVE, BEHIND - sent), { isReading: false })
        writeEach(sockets, (index) => encodeGets([`behind-${sent + index}`], oldId))
      }
      const count = async () => (await server.call<ServerReport>('report')).stats.connections
      for (const deadline = clock() + ADMIT_MS; (await count()) < BEHIND && clock() < deadline; )
        await sleep(50)
      const slowestMs = await server.call<number>('stats', 20)
      const limitMs = 20 + BEHIND * STATS_MS_PER_CONNECTION
      if (slowestMs > limitMs) {
        violation(`stats() took ${slowestMs.toFixed(1)} ms; at most ${limitMs} ms is allowed`)
      }
    },
    // The readers' own history is written by the same thread.
    expectations: { connections: BEHIND, acceptedP50Ms: 100 + BEHIND / 2, acceptedP99Ms: 1_000 + BEHIND },
  },
]
