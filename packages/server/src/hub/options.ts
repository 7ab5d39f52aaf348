import { SseError } from '@sse/contract'
import { callApp } from '../log/app-callback.ts'
import type { Engine, Retention } from '../log/engine.ts'
import { logError } from '../log-error.ts'
import { memory } from '../memory/memory-engine.ts'

export interface HubOptions<Tx = never> {
  /** Where the log is stored. Default `memory()`: in this process, gone when it ends. */
  engine?: Engine<Tx>
  /** How much history is kept. */
  retention?: {
    /** Maximum number of events. Default 100,000. `Infinity`: no limit. `0`: none. */
    maxEvents?: number
    /** Maximum age in milliseconds. Default 86,400,000, one day. `Infinity`: no limit. */
    maxAgeMs?: number
    /**
     * Maximum age of a subscriber's last acknowledgement, in milliseconds: after that the subscriber is as new. Default
     * 7,776,000,000, 90 days. `Infinity`: no limit.
     */
    maxCommitAgeMs?: number
  }
  /** How many of the newest events each process also keeps in memory, whatever the engine. */
  ring?: {
    /** Maximum number of events. Default 10,000. */
    maxEvents?: number
    /** Maximum bytes of their frames. Default 16 MiB. */
    maxBytes?: number
  }
  /**
   * Returns `true` for channels that deliver only the latest event of each `key`: a client that falls behind or
   * reconnects skips events superseded by a newer one with the same key, as long as they are in the ring. Default: none.
   */
  latestPerKey?: (channel: string) => boolean
  /** Maximum number of open connections. Further requests get 503. Default `Infinity`. */
  maxConnections?: number
  /** Maximum number of open connections per identity. Default `Infinity`. */
  maxConnectionsPerIdentity?: number
  /**
   * What happens to a connection over `maxConnectionsPerIdentity`. `'refuse'`: it gets 503. `'closeOldest'`: the
   * identity's oldest connection is closed with `replaced` instead, also if its peer is gone without a trace. Default
   * `'refuse'`.
   */
  whenIdentityLimitReached?: 'refuse' | 'closeOldest'
  /** Maximum size of a payload, in bytes of JSON. Default 1,048,576. `Infinity`: no limit. */
  maxEventBytes?: number
  /**
   * Receives failures in the background: following the engine's log, trimming it, entries that cannot be delivered,
   * callbacks of yours that throw. Default `console.error`.
   */
  onError?: (error: unknown) => void
}

export interface SettledHubOptions<Tx> {
  readonly engine: Engine<Tx>
  readonly retention: Retention
  readonly ring: { readonly maxEvents: number; readonly maxBytes: number }
  readonly latestPerKey: (channel: string) => boolean
  readonly maxConnections: number
  readonly maxConnectionsPerIdentity: number
  readonly whenIdentityLimitReached: 'refuse' | 'closeOldest'
  readonly maxEventBytes: number
  /** Never throws. */
  readonly onError: (error: unknown) => void
}

const DAY_MS = 86_400_000
const COMMIT_DAYS = 90

/** Checks the options and fills in the defaults. @throws {SseError} `option_invalid`, naming the option. */
export function settleHubOptions<Tx>(options: HubOptions<Tx>): SettledHubOptions<Tx> {
  const { retention, ring, engine = memory(), latestPerKey = () => false, onError = logError } = options
  const settled: SettledHubOptions<Tx> = {
    engine,
    retention: {
      maxEvents: retention?.maxEvents ?? 100_000,
      maxAgeMs: retention?.maxAgeMs ?? DAY_MS,
      maxCommitAgeMs: retention?.maxCommitAgeMs ?? COMMIT_DAYS * DAY_MS,
    },
    ring: { maxEvents: ring?.maxEvents ?? 10_000, maxBytes: ring?.maxBytes ?? 16_777_216 },
    latestPerKey,
    maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
    maxConnectionsPerIdentity: options.maxConnectionsPerIdentity ?? Number.POSITIVE_INFINITY,
    whenIdentityLimitReached: options.whenIdentityLimitReached ?? 'refuse',
    maxEventBytes: options.maxEventBytes ?? 1_048_576,
    onError: (error: unknown) => callApp(() => onError(error), console.error),
  }
  if (typeof engine?.append !== 'function' || typeof engine.read !== 'function') {
    throw invalid('engine must be an engine, such as memory()')
  }
  for (const [name, value] of Object.entries({ latestPerKey, onError })) {
    if (typeof value !== 'function') throw invalid(`${name} must be a function`)
  }
  checkCount('retention.maxEvents', settled.retention.maxEvents, 0)
  checkCount('retention.maxAgeMs', settled.retention.maxAgeMs, 0)
  checkCount('retention.maxCommitAgeMs', settled.retention.maxCommitAgeMs, 0)
  checkCount('ring.maxEvents', settled.ring.maxEvents, 0)
  checkCount('ring.maxBytes', settled.ring.maxBytes, 0)
  checkCount('maxConnections', settled.maxConnections, 0)
  checkCount('maxConnectionsPerIdentity', settled.maxConnectionsPerIdentity, 0)
  if (!['refuse', 'closeOldest'].includes(settled.whenIdentityLimitReached)) {
    throw invalid(
      `whenIdentityLimitReached must be 'refuse' or 'closeOldest', not ${String(settled.whenIdentityLimitReached)}`,
    )
  }
  checkCount('maxEventBytes', settled.maxEventBytes, 1)
  return settled
}

function checkCount(name: string, value: unknown, min: number): void {
  const isCount = typeof value === 'number' && value >= min
  if (!isCount || (value !== Number.POSITIVE_INFINITY && !Number.isInteger(value))) {
    throw invalid(`${name} must be a whole number from ${min}, or Infinity, not ${String(value)}`)
  }
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `createHub: ${message}`)
}
