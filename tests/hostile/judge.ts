import {
  ACCEPTED_P50_MS,
  ACCEPTED_P99_MS,
  type Attack,
  BYTES_PER_CONNECTION,
  BYTES_PER_REQUEST,
  CALM_P50_MS,
  CONSTANT_BYTES,
  KEPT_CONSTANT_BYTES,
  LATENCY_FACTOR,
  RING_BYTES,
} from './attack.ts'
import type { ReaderReport } from './reader-report.ts'
import type { Published, ServerReport } from './server-parameters.ts'

/** What was measured of one attack. */
export interface Measurements {
  readonly before: ServerReport
  readonly during: ServerReport
  readonly calm: ReaderReport
  readonly attacked: ReaderReport
  readonly published: Published
  /** Statuses that a newcomer got while the attack was in place. */
  readonly newcomer: readonly number[]
  /** Connections that were still counted after the attackers had left. */
  readonly left: number
}

/** Well-behaved clients of every attack: their slots are not the attack's. */
export const READER_COUNT = 3
/** How long connections that are gone may still be counted. */
export const RELEASE_MS = 5_000
const MB = 1_048_576
const LATENCY = 'Latency of live events'

/** Whether a violation may be the machine's fault, which is not so if it happens again and again. */
export const mayBeNoise = (violation: string): boolean => violation.startsWith(LATENCY)

/** Returns what is wrong, in full sentences. */
export function judge(attack: Attack, measured: Measurements): string[] {
  return [
    ...judgeMemory(attack, measured),
    ...judgeSlots(attack, measured),
    ...judgeLatency(attack, measured),
    ...judgeReaders(measured.attacked, measured.published),
    ...measured.during.errors.map((error) => `The hub reported an error: ${error}`),
  ]
}

/** Returns the figures that are worth comparing between versions. */
export function toFigures({ before, during, calm, attacked }: Measurements): Record<string, number> {
  return round({
    grownMb: (during.peakRss - before.rss) / MB,
    keptMb: (keptBytes(during) - keptBytes(before)) / MB,
    slots: during.stats.connections - READER_COUNT,
    present: during.present.length - READER_COUNT,
    calmP50Ms: calm.p50Ms,
    p50Ms: attacked.p50Ms,
    calmP99Ms: calm.p99Ms,
    p99Ms: attacked.p99Ms,
    loopDelayMs: during.loopDelayMs,
  })
}

const keptBytes = ({ heapUsed, arrayBuffers }: ServerReport): number => heapUsed + arrayBuffers

function judgeMemory({ expectations }: Attack, { before, during }: Measurements): string[] {
  const { connections = 0, requests = 0, extraBytes = 0 } = expectations
  const bound = RING_BYTES + connections * BYTES_PER_CONNECTION + requests * BYTES_PER_REQUEST + extraBytes
  return [
    ...judgeBytes('Memory grew', during.peakRss - before.rss, bound + CONSTANT_BYTES),
    ...judgeBytes('Memory in use grew', keptBytes(during) - keptBytes(before), bound + KEPT_CONSTANT_BYTES),
  ]
}

function judgeBytes(what: string, grown: number, limit: number): string[] {
  if (grown <= limit) return []
  return [`${what} by ${toMb(grown)} MB; at most ${toMb(limit)} MB is allowed`]
}

export const toMb = (bytes: number): number => Math.round(bytes / MB)

function judgeSlots({ expectations }: Attack, { during, newcomer, left }: Measurements): string[] {
  const { connections = 0, maxSlots = connections, maxPresent = maxSlots } = expectations
  const violations: string[] = []
  const slots = during.stats.connections - READER_COUNT
  if (slots > maxSlots) violations.push(`The attack had ${slots} slots; at most ${maxSlots} are allowed`)
  const strangers = during.present.length - READER_COUNT
  if (strangers > maxPresent) {
    violations.push(`${strangers} attackers were present; at most ${maxPresent} have a response`)
  }
  if (newcomer[0] !== 200) {
    violations.push(`A newcomer was answered with ${newcomer[0] ?? 'nothing within 3 seconds'}, not with 200`)
  }
  if (left > 0) {
    violations.push(`${left} slots were still taken ${RELEASE_MS} ms after the attackers had left`)
  }
  return violations
}

function judgeLatency({ expectations }: Attack, { calm, attacked }: Measurements): string[] {
  const { acceptedP50Ms = ACCEPTED_P50_MS, acceptedP99Ms = ACCEPTED_P99_MS } = expectations
  const slowness = Math.max(1, calm.p50Ms / CALM_P50_MS)
  const p50Limit = Math.max(acceptedP50Ms * slowness, LATENCY_FACTOR * calm.p50Ms)
  const p99Limit = Math.max(acceptedP99Ms * slowness, LATENCY_FACTOR * calm.p99Ms)
  return [
    ...judgePercentile('p50', calm.p50Ms, attacked.p50Ms, p50Limit),
    ...judgePercentile('p99', calm.p99Ms, attacked.p99Ms, p99Limit),
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

const round = (figures: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]))
