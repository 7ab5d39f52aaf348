import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, AttackContext } from './attack.ts'
import { clock } from './beats.ts'
import { type Child, startChild } from './child-process.ts'
import { openStore } from './engine-store.ts'
import { judge, mayBeNoise, READER_COUNT, RELEASE_MS, toFigures } from './judge.ts'
import { encodeGets, exchange, openSocket } from './raw-socket.ts'
import type { ReaderReport, ReaderTarget } from './reader-report.ts'
import { scaled } from './scale.ts'
import type { EngineStore, Ports, Published, ServerParameters, ServerReport } from './server-parameters.ts'

/** What was measured, and what is wrong with it in full sentences. */
export interface Outcome {
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

const PUBLISH_EVERY_MS = 5
const CALM_MS = 250
/** Longer than what an attack does at first, such as filling the buffers of its sockets: a median is measured. */
const HOLD_MS = 1_000
const READERS: readonly { protocol: ReaderTarget['protocol']; owner: string }[] = [
  { protocol: 'http1', owner: 'reader-1' },
  { protocol: 'http1', owner: 'reader-2' },
  { protocol: 'http2', owner: 'reader-3' },
]
const CATCH_UP_MS = 10_000
/** How often an attack may run: a late event may be the machine's fault once or twice. */
const MAX_RUNS = 3
/** Time limit of a call to the server: its log is filled before it listens. */
const CALL_TIMEOUT_MS = scaled(120_000, 30_000)

/**
 * Starts a server with well-behaved readers, attacks it, and measures: memory, the hub's slots, presence, the
 * answer to a newcomer, and the readers' events and latencies.
 *
 * @param readers - the process of the readers; one serves all attacks.
 */
export async function runAttack(attack: Attack, readers: Child): Promise<Outcome> {
  let outcome = await runOnce(attack, readers)
  for (let runs = 1; runs < MAX_RUNS; runs += 1) {
    if (outcome.violations.length === 0 || !outcome.violations.every(mayBeNoise)) break
    outcome = await runOnce(attack, readers)
  }
  return outcome
}

async function runOnce(attack: Attack, readers: Child): Promise<Outcome> {
  await using store = await openStore(attack.server?.engine ?? 'memory')
  const { engine, file, url } = store
  const place: EngineStore = { ...(engine && { engine }), ...(file && { file }), ...(url && { url }) }
  const server = await startChild('server-process.ts', { ...attack.server, ...place }, CALL_TIMEOUT_MS)
  let resources: Resources | undefined
  try {
    const ports = await server.call<Ports>('listen')
    resources = new Resources(ports, server, place)
    await readers.call(
      'follow',
      READERS.map(({ protocol, owner }) => ({ protocol, owner, port: ports[protocol] })),
    )
    await server.call('publish', { everyMs: PUBLISH_EVERY_MS, bytes: attack.liveBytes ?? 100 })
    await readers.call('reach', 1, CATCH_UP_MS)
    const calmFrom = clock()
    await sleep(CALM_MS)
    const calmTo = clock()
    await server.call('mark')
    const before = await server.call<ServerReport>('report')

    const attackedFrom = clock()
    await attack.run(resources.context)
    await sleep(attack.holdMs ?? HOLD_MS)
    const during = await server.call<ServerReport>('report')
    const attackedTo = clock()
    const newcomer = await exchange(ports.http1, encodeGets(['newcomer']), 3_000)

    await resources.close()
    const left = await untilReleased(server)
    const calmAgainFrom = clock()
    await sleep(CALM_MS)
    const calmAgainTo = clock()
    const published = await server.call<Published>('stopPublishing')
    await readers.call('reach', published.last, CATCH_UP_MS)
    const report = (from: number, to: number) => readers.call<ReaderReport>('report', from, to)
    const calm = [await report(calmFrom, calmTo), await report(calmAgainFrom, calmAgainTo)] as const
    const attacked = await report(attackedFrom, attackedTo)
    const measured = { before, during, newcomer: newcomer.statuses, published, calm, attacked, left }
    return {
      violations: [...resources.violations, ...judge(attack, measured), ...server.failures],
      figures: toFigures(measured),
    }
  } catch (error) {
    // A server that does not answer any more is the attack's success, not a mistake of the test.
    return { violations: [String(error), ...server.failures], figures: {} }
  } finally {
    await resources?.close()
    await server.stop()
  }
}

/** Everything that an attack has opened. */
class Resources {
  readonly context: AttackContext
  readonly violations: string[] = []
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ClientHttp2Session>()
  readonly #servers: Child[] = []

  constructor(ports: Ports, server: Child, store: EngineStore) {
    const open: AttackContext['open'] = async ({ protocol = 'http1', ...options } = {}) => {
      const socket = await openSocket(ports[protocol], options)
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      return socket
    }
    this.context = {
      ...ports,
      server,
      store,
      violation: (sentence) => this.violations.push(sentence),
      open,
      openAll: (count, options) => Promise.all(Array.from({ length: count }, () => open(options))),
      openHttp2: ({ initialWindowSize = 65_535 } = {}) => {
        const session = connectHttp2(`http://127.0.0.1:${ports.http2}`, { settings: { initialWindowSize } })
        session.on('error', () => {})
        this.#sessions.add(session)
        return session
      },
      startServer: async (parameters: ServerParameters) => {
        const started = await startChild('server-process.ts', parameters, CALL_TIMEOUT_MS)
        this.#servers.push(started)
        return started
      },
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const session of this.#sessions) session.destroy()
    await Promise.all(this.#servers.splice(0).map((server) => server.stop()))
  }
}

/** Connections that are still counted some time after the attackers and the newcomer have left. */
async function untilReleased(server: Child): Promise<number> {
  const deadline = Date.now() + RELEASE_MS
  for (;;) {
    const { stats } = await server.call<ServerReport>('report')
    const left = stats.connections - READER_COUNT
    if (left <= 0 || Date.now() > deadline) return left
    await sleep(50)
  }
}
