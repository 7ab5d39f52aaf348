import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ACCEPTED_P50_MS,
  ACCEPTED_P99_MS,
  type Attack,
  type AttackContext,
  BYTES_PER_CONNECTION,
  BYTES_PER_REQUEST,
  CONSTANT_BYTES,
  LATENCY_FACTOR,
  RING_BYTES,
} from './attack.ts'
import { clock } from './beats.ts'
import { type Child, startChild } from './child-process.ts'
import { encodeGets, exchange, openSocket } from './raw-socket.ts'
import type { ReaderReport, ReaderTarget } from './reader-report.ts'
import type { Ports, Published, ServerReport } from './server-parameters.ts'

/** What was measured, and what is wrong with it in full sentences. */
export interface Outcome {
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

const PUBLISH_EVERY_MS = 5
const CALM_MS = 250
const HOLD_MS = 400
const READERS: readonly { protocol: ReaderTarget['protocol']; owner: string }[] = [
  { protocol: 'http1', owner: 'reader-1' },
  { protocol: 'http1', owner: 'reader-2' },
  { protocol: 'http2', owner: 'reader-3' },
]
/** How long connections that are gone may still be counted. */
const RELEASE_MS = 5_000
const CATCH_UP_MS = 10_000
const MB = 1_048_576
const LATENCY = 'Latency of live events'

/**
 * Starts a server with well-behaved readers, attacks it, and measures: memory, the hub's slots, presence, the
 * answer to a newcomer, and the readers' events and latencies.
 *
 * @param readers - the process of the readers; one serves all attacks.
 */
export async function runAttack(attack: Attack, readers: Child): Promise<Outcome> {
  const outcome = await runOnce(attack, readers)
  // A late event may be the machine's fault. What is the attack's fault happens again.
  const isLateOnly = outcome.violations.every((violation) => violation.startsWith(LATENCY))
  return outcome.violations.length > 0 && isLateOnly ? runOnce(attack, readers) : outcome
}

async function runOnce(attack: Attack, readers: Child): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-hostile-'))
  const file = join(folder, 'log.db')
  const server = await startChild('server-process.ts', { file, ...attack.server })
  let resources: Resources | undefined
  try {
    const ports = await server.call<Ports>('listen')
    resources = new Resources(ports, server, file)
    const targets = READERS.map(({ protocol, owner }) => ({ protocol, owner, port: ports[protocol] }))
    await readers.call('follow', targets)
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
    const published = await server.call<Published>('stopPublishing')
    await readers.call('reach', published.last, CATCH_UP_MS)
    const calm = await readers.call<ReaderReport>('report', calmFrom, calmTo)
    const attacked = await readers.call<ReaderReport>('report', attackedFrom, attackedTo)
    const left = await untilReleased(server)

    const violations = [
      ...resources.violations,
      ...judgeMemory(attack, before, during),
      ...judgeSlots(attack, during, newcomer.statuses, left),
      ...judgeLatency(attack, calm, attacked),
      ...judgeReaders(attacked, published),
      ...during.errors.map((error) => `The hub reported an error: ${error}`),
      ...server.failures,
    ]
    const figures = {
      grownMb: (during.peakRss - before.rss) / MB,
      keptMb: (during.heapUsed + during.arrayBuffers - before.heapUsed - before.arrayBuffers) / MB,
      slots: during.stats.connections - READERS.length,
      present: during.present.length - READERS.length,
      calmP50Ms: calm.p50Ms,
      p50Ms: attacked.p50Ms,
      calmP99Ms: calm.p99Ms,
      p99Ms: attacked.p99Ms,
      loopDelayMs: during.loopDelayMs,
    }
    return { violations, figures: round(figures) }
  } catch (error) {
    // A server that does not answer any more is the attack's success, not a mistake of the test.
    return { violations: [String(error), ...server.failures], figures: {} }
  } finally {
    await resources?.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Everything that an attack has opened. */
class Resources {
  readonly context: AttackContext
  readonly violations: string[] = []
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ClientHttp2Session>()
  readonly #servers: Child[] = []

  constructor(ports: Ports, server: Child, file: string) {
    const open: AttackContext['open'] = async ({ protocol = 'http1', ...options } = {}) => {
      const socket = await openSocket(ports[protocol], options)
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      return socket
    }
    this.context = {
      ...ports,
      server,
      file,
      violation: (sentence) => this.violations.push(sentence),
      open,
      openAll: (count, options) => Promise.all(Array.from({ length: count }, () => open(options))),
      openHttp2: ({ initialWindowSize = 65_535 } = {}) => {
        const session = connectHttp2(`http://127.0.0.1:${ports.http2}`, { settings: { initialWindowSize } })
        session.on('error', () => {})
        this.#sessions.add(session)
        return session
      },
      startServer: async (parameters) => {
        const started = await startChild('server-process.ts', parameters)
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
    const left = stats.connections - READERS.length
    if (left <= 0 || Date.now() > deadline) return left
    await sleep(50)
  }
}

function judgeMemory({ expectations }: Attack, before: ServerReport, during: ServerReport): string[] {
  const { connections = 0, requests = 0, extraBytes = 0 } = expectations
  const limit =
    CONSTANT_BYTES +
    RING_BYTES +
    connections * BYTES_PER_CONNECTION +
    requests * BYTES_PER_REQUEST +
    extraBytes
  const grown = during.peakRss - before.rss
  if (grown <= limit) return []
  return [`Memory grew by ${megabytes(grown)} at its peak; at most ${megabytes(limit)} is allowed`]
}

function judgeSlots(
  { expectations }: Attack,
  { stats, present }: ServerReport,
  newcomer: readonly number[],
  left: number,
): string[] {
  const { connections = 0, maxSlots = connections, maxPresent = maxSlots } = expectations
  const violations: string[] = []
  const slots = stats.connections - READERS.length
  if (slots > maxSlots) violations.push(`The attack had ${slots} slots; at most ${maxSlots} are allowed`)
  const strangers = present.length - READERS.length
  if (strangers > maxPresent) {
    violations.push(`${strangers} attackers were present; at most ${maxPresent} have a response`)
  }
  if (newcomer[0] !== 200) {
    violations.push(`A newcomer was answered with ${newcomer[0] ?? 'nothing within 3 seconds'}, not with 200`)
  }
  if (left > 0)
    violations.push(`${left} slots were still taken ${RELEASE_MS} ms after the attackers had left`)
  return violations
}

function judgeLatency({ expectations }: Attack, calm: ReaderReport, latency: ReaderReport): string[] {
  const { acceptedP50Ms = ACCEPTED_P50_MS, acceptedP99Ms = ACCEPTED_P99_MS } = expectations
  const p50Limit = Math.max(acceptedP50Ms, LATENCY_FACTOR * calm.p50Ms)
  const p99Limit = Math.max(acceptedP99Ms, LATENCY_FACTOR * calm.p99Ms)
  return [
    ...judgePercentile('p50', calm.p50Ms, latency.p50Ms, p50Limit),
    ...judgePercentile('p99', calm.p99Ms, latency.p99Ms, p99Limit),
  ]
}

function judgePercentile(name: string, calm: number, measured: number, limit: number): string[] {
  if (measured <= limit) return []
  const figures = [calm, measured, limit].map((ms) => ms.toFixed(1))
  return [
    `${LATENCY}, ${name}: ${figures[1]} ms, before the attack ${figures[0]} ms; at most ${figures[2]} ms is allowed`,
  ]
}

function judgeReaders({ readers }: ReaderReport, published: Published): string[] {
  const violations = published.rejected.map((error) => `A publish was rejected: ${error}`)
  for (const { name, last, missing, doubled, ends } of readers) {
    if (missing > 0) violations.push(`${missing} events never reached ${name}`)
    if (doubled > 0) violations.push(`${doubled} events reached ${name} twice`)
    if (ends > 0) violations.push(`The stream of ${name} ended ${ends} times`)
    if (last !== published.last) violations.push(`${name} is at event ${last} of ${published.last}`)
  }
  return violations
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`

const round = (figures: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]))
