import { type Channel, SseError, type StreamContract } from '@sse/contract'
import { checkHeartbeat, encodeMessage } from '@sse/contract/protocol'
import type { StreamDialect } from '../dialects/control-encoder.ts'
import type { StreamCompression } from '../stream/compressor.ts'
import type { ConnectionAdmitter } from '../stream/connection-handle.ts'
import type { Authorized, IdentityOf } from '../stream/identity.ts'
import { MAX_TIMER_MS } from '../timing/at-most.ts'
import type { StreamContext } from './context.ts'

/** Options of every stream. */
export interface CommonOptions<Contract, Native> {
  /** Reconnection delay sent to every client when it connects, in whole milliseconds. Default: none is sent. */
  retryMs?: number
  /**
   * Closes a connection whose client has not taken any pending bytes for this long, in milliseconds: heartbeats alone
   * do not detect a peer that vanished. Also how long a request may wait until its response can be written, behind
   * other requests of a pipelining client or a closed HTTP/2 window; nothing of yours runs before, and 408 is the
   * answer after. Default 60,000. `Infinity`: never.
   */
  stallTimeoutMs?: number
  /**
   * Maximum age of a connection, in milliseconds. It is closed at a random age of 0.8 to 1 times this, and the client
   * reconnects and resumes. Default `Infinity`, and 600,000 for a web `Response`, because some hosts never tell that
   * the client has left. Node's responses, also below Hono, Bun and Deno do.
   */
  maxConnectionMs?: number
  /**
   * Interval at which `authorize` is called again while the stream is open, in milliseconds. When the answer no longer
   * admits the same identity, the stream closes with `revoked`: at most this long, and as long as `authorize` takes,
   * after access ended. A new `expiresAt` replaces the earlier one. An error thrown by `authorize` counts as no answer,
   * unless it is an `SseError` of kind `request`. Default `Infinity`: never.
   */
  reauthorizeMs?: number
  /**
   * How a request is refused that may be retried: over a connection limit, while the process shuts down, with 429 or a
   * `retryAfterMs` of yours. `status`: with its status and `Retry-After`. `retry`: with a stream that ends at once with
   * the delay, for browsers' own `EventSource`, which never reconnects after another status than 200. Applies to GET.
   * Default `status`.
   */
  refuse?: 'status' | 'retry'
  /**
   * What the stream sends besides its events, for clients that know another protocol: `aiSdk()`, `plain()`, `graphql()`
   * or `defineDialect()` of `@sse/server/dialects`. Default: the dialect of `connect()`, which browsers' `EventSource`
   * reads too.
   */
  dialect?: StreamDialect
  /**
   * Receives every error of a source, an option function or a dialect, masked or not. Default: `console.error` for those that
   * are masked for the client.
   */
  onError?: (error: unknown, context: StreamContext<Contract> & Native) => void
}

/** Options of a stream with a source. Write `authorize` first: the identity it returns types the source's context. */
export interface StreamOptions<Contract, Native, Answer extends Authorized = Authorized>
  extends CommonOptions<Contract, Native> {
  /**
   * Decides before the response starts. Return an identity (a string, or an object with an `id`) or `true` to admit,
   * `null` or `undefined` to answer 401, `false` to answer 403. A thrown `SseError` is answered with its own status.
   * Any other value is an error and admits no one. Default: every client is admitted, without an identity.
   *
   * Return `{ identity, expiresAt }` to admit until a time, a `Date` or milliseconds since 1970, such as the expiry of a
   * token. The connection ends at most 0.5 s later, and the client reconnects.
   */
  authorize?: (context: StreamContext<Contract, undefined> & Native) => Answer
  /** Largest event, in bytes on the wire. Default 1,048,576. `Infinity`: no limit. */
  maxEventBytes?: number
  /** Heartbeat interval of a stream without a contract, in milliseconds. Default 15,000. `Infinity`: none. */
  heartbeatMs?: number
  /** The hub whose connection limits, `drain()` and `revoke()` apply to this stream. Default: none. */
  // biome-ignore lint/suspicious/noExplicitAny: a hub of any contract
  hub?: StreamHub<any>
}

/** The part of a hub that streams use. */
export interface StreamHub<Contract extends StreamContract> {
  readonly contract: Contract
  subscribe(
    channels: Channel<Contract> | readonly Channel<Contract>[],
    options?: {
      after?: string | undefined
      subscriber?: string | undefined
      identity?: string | undefined
      from?: StartFrom | undefined
    },
  ): unknown
  ack(subscriber: string, id: string): Promise<void>
}

type OneOrMore<Item> = Item | readonly Item[]

/** Options of a hub's stream. Write `authorize` first: the identity it returns types the other functions' context. */
export interface HubStreamOptions<
  Contract extends StreamContract,
  Native,
  Answer extends Authorized = Authorized,
> extends HubSourceOptions<Contract, StreamContext<Contract, IdentityOf<Answer>> & Native>,
    SharedStreamOptions,
    CommonOptions<Contract, Native> {
  /**
   * Decides before the response starts, and for every acknowledgement. Return an identity (a string, or an object with
   * an `id`) or `true` to admit, `null` or `undefined` to answer 401, `false` to answer 403. A thrown `SseError` is
   * answered with its own status. Any other value is an error and admits no one. `() => true` opens the stream to
   * everyone.
   *
   * Return `{ identity, expiresAt }` to admit until a time, a `Date` or milliseconds since 1970, such as the expiry of a
   * token. The connection ends at most 0.5 s later, and the client reconnects.
   */
  authorize: (context: StreamContext<Contract, undefined> & Native) => Answer
}

/** The part of a hub stream's options that decides what a connection receives. */
export interface HubSourceOptions<Contract extends StreamContract, Context> {
  /** Channels of the connection: 1 to 128 names, or a function that returns them. */
  channels:
    | OneOrMore<Channel<Contract>>
    | ((context: Context) => OneOrMore<Channel<Contract>> | PromiseLike<OneOrMore<Channel<Contract>>>)
  /**
   * Id under which acknowledgements are stored, and after whose last one a connection without a last event id starts.
   * `false`, or a function that returns `false`, `null` or `undefined`: not durable. Default: the identity's id.
   */
  subscriber?: false | ((context: Context) => SubscriberId | PromiseLike<SubscriberId>)
  /**
   * Returns the event id to start after. `undefined`: the request's last event id. Default: the request's last event
   * id.
   */
  after?: (context: Context) => string | undefined | PromiseLike<string | undefined>
  /**
   * Where a connection starts without an event id, and without an acknowledgement of its subscriber: at the oldest
   * retained event, or with the next one. Default: `'oldest'` with a subscriber, otherwise `'newest'`.
   */
  from?: StartFrom | ((context: Context) => StartFrom | undefined | PromiseLike<StartFrom | undefined>)
}

/** Options of the streams whose events many connections share: a hub's and those of runs. */
export interface SharedStreamOptions {
  /**
   * Compresses the stream for clients that accept it: `gzip()` of `@sse/server/gzip`. Events are compressed once for all
   * connections. Do not compress channels that carry secrets next to text that others can choose. Default: streams are
   * not compressed.
   *
   * @see docs/guides/compression.md
   */
  compression?: StreamCompression
}

type StartFrom = 'oldest' | 'newest'

type SubscriberId = string | null | undefined | false

/** Any stream's options, as they arrive at run time. */
export interface GivenOptions {
  authorize?: (context: unknown) => unknown
  onError?: (error: unknown, context: unknown) => unknown
  retryMs?: number
  maxEventBytes?: number
  heartbeatMs?: number
  stallTimeoutMs?: number
  maxConnectionMs?: number
  reauthorizeMs?: number
  hub?: ConnectionAdmitter
  refuse?: 'status' | 'retry'
  dialect?: StreamDialect
  compression?: StreamCompression
}

/** @throws {SseError} `option_invalid`, naming the option. */
export function checkOptions(options: GivenOptions, contract: StreamContract | undefined): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(`options must be an object, not ${options === null ? 'null' : typeof options}`)
  }
  const { maxEventBytes, retryMs, heartbeatMs, authorize, onError, hub } = options
  const { stallTimeoutMs, maxConnectionMs, reauthorizeMs, refuse, dialect, compression } = options
  if (compression !== undefined && !hasMember(compression, '@sse/compression')) {
    throw invalidOption('compression must be made by gzip() of @sse/server/gzip')
  }
  if (dialect !== undefined && !hasMember(dialect, '@sse/dialect')) {
    throw invalidOption('dialect must be made by defineDialect()')
  }
  if (refuse !== undefined && refuse !== 'status' && refuse !== 'retry') {
    throw invalidOption(`refuse must be 'status' or 'retry', not ${String(refuse)}`)
  }
  if (maxEventBytes !== undefined && !(maxEventBytes >= 1)) {
    throw invalidOption(`maxEventBytes must be a number of bytes from 1, or Infinity, not ${maxEventBytes}`)
  }
  if (retryMs !== undefined) encodeMessage({ retry: retryMs })
  if (heartbeatMs !== undefined) {
    if (contract) throw invalidOption('heartbeatMs belongs in the contract, so that the client knows it too')
    checkHeartbeat(heartbeatMs)
  }
  for (const [name, value] of Object.entries({ stallTimeoutMs, maxConnectionMs, reauthorizeMs })) {
    if (value !== undefined) checkDuration(name, value)
  }
  if (hub !== undefined && !isHub(hub)) throw invalidOption('hub must be a hub')
  for (const [name, value] of Object.entries({ authorize, onError })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(`${name} must be a function`)
  }
}

/** Returns whether a value is a hub, also one from another copy of this package. */
export function isHub(value: unknown): value is ConnectionAdmitter & StreamHub<StreamContract> {
  return hasMember(value, '@sse/admit')
}

function hasMember(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && name in value
}

export function invalidOption(message: string): SseError {
  return new SseError('option_invalid', `sse: ${message}`)
}

function checkDuration(name: string, ms: number): void {
  const isMs = typeof ms === 'number' && ms >= 1 && ms <= MAX_TIMER_MS
  if (!isMs && ms !== Number.POSITIVE_INFINITY) {
    throw invalidOption(`${name} must be 1 to ${MAX_TIMER_MS} milliseconds, or Infinity, not ${ms}`)
  }
}
