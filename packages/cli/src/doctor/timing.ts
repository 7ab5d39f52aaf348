/** How long the doctor waits, and from which time on it finds something slow. All in milliseconds. */
export interface Timing {
  /** Time from the first request to the verdict, unless the stream ends before. */
  readonly waitMs: number
  /** After this time a stream is left whose heartbeats, resuming and compression are known already. */
  readonly leastMs: number
  /** Longest wait for the response to the first request. */
  readonly headersMs: number
  /** Longest wait for what a second connection should get. */
  readonly probeMs: number
  /** The headers, and the first byte after them, are in time within this. */
  readonly promptMs: number
  /** Shortest pause that divides two writes of a server. */
  readonly pauseMs: number
  /** Largest difference between clocks that is not reported. */
  readonly clockMs: number
  /** Heartbeats are safe at up to this interval. */
  readonly heartbeatMs: number
  /** Idle times after which a program or service in between closes a connection, with its default settings. */
  readonly cutOffs: readonly { readonly name: string; readonly ms: number }[]
}

/** Time to listen by default: a little more than 15 s, the most common interval of heartbeats. */
export const WAIT_MS = 16_000

/** Time to listen with `--long`: more than the idle cut-offs of common proxies. */
export const LONG_WAIT_MS = 130_000

const CUT_OFFS = [
  { name: 'HAProxy in Debian', ms: 50_000 },
  { name: 'Heroku', ms: 55_000 },
  { name: 'nginx', ms: 60_000 },
  { name: 'the load balancer of AWS', ms: 60_000 },
  { name: 'Cloudflare', ms: 100_000 },
]

/** Divides the time to listen. */
export function timingOf(waitMs: number): Timing {
  return {
    waitMs,
    leastMs: Math.min(5_000, waitMs * 0.3),
    headersMs: Math.min(10_000, waitMs * 0.6),
    probeMs: Math.min(4_000, waitMs * 0.25),
    promptMs: Math.min(2_000, waitMs * 0.25),
    pauseMs: 100,
    clockMs: 30_000,
    heartbeatMs: 30_000,
    cutOffs: CUT_OFFS,
  }
}

/** A number of things: `1 event`, `2 events`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Seconds as they are printed: `0.4 s`, `16 s`. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`
}
