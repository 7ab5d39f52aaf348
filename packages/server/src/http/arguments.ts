import { type PathParams, SseError, type StreamContract } from '@sse/contract'
import { checkHeartbeat, type EventEncoder, encodeMessage } from '@sse/contract/protocol'
import type { ConnectionAdmitter } from '../stream/connection-handle.ts'
import type { Source, Yielded } from '../stream/source.ts'

/** What a source and `authorize` are given, beside the framework's own objects. */
export interface StreamContext<Contract> {
  /** The path's parameters, decoded. Without a contract: whatever the framework's router found. */
  readonly params: Contract extends StreamContract<infer Path>
    ? PathParams<Path>
    : Readonly<Record<string, string>>
  /** Makes an event: checked and encoded here, so that a wrong payload throws at this call. */
  readonly event: Contract extends StreamContract ? EventEncoder<Contract> : never
  /** Aborts when the connection ends early; its `reason` is an `SseError` whose `code` says why (`client_gone` …). */
  readonly signal: AbortSignal
  /** The last id the client got, from the `Last-Event-ID` header or the `lastEventId` query parameter. */
  readonly lastEventId: string | undefined
}

export interface StreamOptions<Context> {
  /**
   * Decides before the response starts. `false` is answered with 403; throw an `SseError` with a `status` for
   * another answer. Anything else lets the client in.
   */
  authorize?: (context: Context) => unknown
  /** Reconnection delay told to every client when it connects, in whole milliseconds. Default: not told. */
  retryMs?: number
  /** Largest event, as bytes on the wire. Default 1,048,576. `Infinity`: no limit. */
  maxEventBytes?: number
  /**
   * Without a contract: how often a comment is sent, in milliseconds. Default 15,000; `Infinity`: never. With
   * one, the contract says it.
   */
  heartbeatMs?: number
  /**
   * Closes a connection whose client has taken nothing of what waits for it for so long, in milliseconds:
   * heartbeats alone do not find a peer that is gone without a word. Default 60,000; `Infinity`: never.
   */
  stallTimeoutMs?: number
  /**
   * How old a connection may get, in milliseconds: at a random age from 0.8 of it on it is ended, and the client
   * comes back to where it was. Default `Infinity`.
   */
  maxConnectionMs?: number
  /**
   * How often `authorize` is asked again while the stream is open, in milliseconds; when it says no, the client
   * is told and the stream ends. Default `Infinity`: never. An error that is not an `SseError` counts as no answer.
   */
  reauthorizeMs?: number
  /** For a source that is not a hub's subscription: the hub whose limits and `drain()` this stream obeys. */
  hub?: ConnectionAdmitter
  /**
   * Told of every error a source or `authorize` throws, masked or not. Default: `console.error` for those that
   * are masked for the client.
   */
  onError?: (error: unknown, context: Context) => void
}

/**
 * What follows the contract in every `sse()`, or stands alone without one: there `Item` is inferred, without
 * which TypeScript gives up on the parameters of `authorize` and `onError`.
 */
export type StreamArguments<Contract, Native, Item extends Yielded<Contract> = Yielded<Contract>> = [
  source: Source<Item, StreamContext<Contract> & Native>,
  options?: StreamOptions<StreamContext<Contract> & Native>,
]

export interface SettledArguments {
  contract: StreamContract | undefined
  source: unknown
  options: StreamOptions<unknown>
}

/**
 * Reads `(contract, source, options?)` or `(source, options?)`.
 *
 * @throws {SseError} `option_invalid`, `source_invalid`.
 */
export function readArguments(given: readonly unknown[]): SettledArguments {
  const [contract, source, options] = isContract(given[0]) ? given : [undefined, ...given]
  const settled = { contract, source, options: options ?? {} } as SettledArguments
  check(settled)
  return settled
}

function isContract(value: unknown): value is StreamContract {
  return typeof value === 'object' && value !== null && 'path' in value && 'events' in value
}

function check({ contract, source, options }: SettledArguments): void {
  const { maxEventBytes, retryMs, heartbeatMs, authorize, onError } = options
  const { stallTimeoutMs, maxConnectionMs, reauthorizeMs, hub } = options
  if (typeof source !== 'function' && (typeof source !== 'object' || source === null)) {
    throw new SseError(
      'source_invalid',
      `sse: the source must be a function or an iterable, not ${source === null ? 'null' : typeof source}`,
    )
  }
  if (maxEventBytes !== undefined && !(maxEventBytes >= 1)) {
    throw invalidOption(`maxEventBytes must be a number of bytes from 1, or Infinity, not ${maxEventBytes}`)
  }
  if (retryMs !== undefined) encodeMessage({ retry: retryMs })
  if (heartbeatMs !== undefined) {
    if (contract) throw invalidOption('heartbeatMs stands in the contract, so that the client knows it too')
    checkHeartbeat(heartbeatMs)
  }
  for (const [name, value] of Object.entries({ stallTimeoutMs, maxConnectionMs, reauthorizeMs })) {
    if (value !== undefined) checkDuration(name, value)
  }
  if (hub !== undefined && typeof hub?.['@sse/admit'] !== 'function') throw invalidOption('hub must be a hub')
  for (const [name, value] of Object.entries({ authorize, onError })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(`${name} must be a function`)
  }
}

const MAX_TIMER_MS = 2_147_483_647

function checkDuration(name: string, ms: number): void {
  const isMs = typeof ms === 'number' && ms >= 1 && ms <= MAX_TIMER_MS
  if (!isMs && ms !== Number.POSITIVE_INFINITY) {
    throw invalidOption(`${name} must be 1 to ${MAX_TIMER_MS} milliseconds, or Infinity, not ${ms}`)
  }
}

function invalidOption(message: string): SseError {
  return new SseError('option_invalid', `sse: ${message}`)
}
