import type { ClientHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Child } from './child-process.ts'
import type { RawSocketOptions } from './raw-socket.ts'
import type { EngineStore, Ports, ServerParameters } from './server-parameters.ts'

// docs/operations/security-model.md states these four: a test compares them.
/** Bytes that an open connection may cost: one batch of history, twice. */
export const BYTES_PER_CONNECTION = 512 * 1_024
/** Bytes that a request may cost which waits for its turn on a socket: Node's objects for it, and ours. */
export const BYTES_PER_REQUEST = 16 * 1_024
/**
 * Bytes that a process may grow by whatever happens: garbage that is not collected yet, Node's pools. A client that
 * resumes 10 times a second on 200 KB events makes about 240 MB of garbage a second; at 64 MiB, 3 of 8 runs failed.
 */
export const CONSTANT_BYTES = 128 * 1_024 * 1_024
/** Default of a hub's `ring.maxBytes`. */
export const RING_BYTES = 16 * 1_024 * 1_024
/** The part of `CONSTANT_BYTES` that may still be referenced. */
export const KEPT_CONSTANT_BYTES = 24 * 1_024 * 1_024

/** Factor by which an attack may raise the latency that well-behaved clients had before it. */
export const LATENCY_FACTOR = 2
/** Median latency without an attack on two cores that do nothing else. One that takes n times as long is n times as slow. */
export const CALM_P50_MS = 3
/** Latencies that are always accepted, on such a machine: below, its scheduler is measured. */
export const ACCEPTED_P50_MS = 20
export const ACCEPTED_P99_MS = 1_000

export interface OpenOptions extends RawSocketOptions {
  /** Default `http1`. */
  protocol?: 'http1' | 'http2'
}

/** What an attack has at hand. What it opens is closed after it. */
export interface AttackContext extends Ports {
  readonly server: Child
  open(options?: OpenOptions): Promise<Socket>
  openAll(count: number, options?: OpenOptions): Promise<Socket[]>
  openHttp2(options?: { initialWindowSize?: number }): ClientHttp2Session
  /** Notes what is wrong beyond what is always measured, in a full sentence. */
  violation(sentence: string): void
  /** Where the engine of `server` stores its log. */
  readonly store: EngineStore
  /** Starts another server, which does not listen yet. */
  startServer(parameters: ServerParameters): Promise<Child>
}

/** What must be true while an attack is in place, and after it. */
export interface Expectations {
  /** TCP sockets or HTTP/2 streams that have a response: memory may grow by a number of bytes for each. */
  readonly connections?: number
  /** Requests that wait for a response. */
  readonly requests?: number
  /** Most slots of the hub that the attack may have while it is in place. Default: `connections`. */
  readonly maxSlots?: number
  /** Most identities of the attack that may be present. Default: `maxSlots`. */
  readonly maxPresent?: number
  /** Bytes by which memory may grow besides the bound. Default 0. */
  readonly extraBytes?: number
  /** Latency limits that differ, in milliseconds, with the reason in a comment. */
  readonly acceptedP50Ms?: number
  readonly acceptedP99Ms?: number
}

/** One attack on a server process. */
export interface Attack {
  /** A full sentence. */
  readonly name: string
  /** Whether it is too long for every run of the tests: see `scale.ts`. */
  readonly isLarge?: boolean
  readonly server?: ServerParameters
  /** Bytes of each live event. Default 100. */
  readonly liveBytes?: number
  /** Brings the attack into place. */
  run(context: AttackContext): Promise<void>
  /** How long the attack stays in place before it is measured, in milliseconds. Default 1,000. */
  readonly holdMs?: number
  readonly expectations: Expectations
}
