/** Failures the library itself names. An app may use any other string as its own code. */
export type SseErrorCode =
  // Written wrongly by the developer; thrown where the mistake is, never shown to a client.
  | 'contract_invalid'
  | 'option_invalid'
  | 'param_missing'
  | 'source_invalid'
  | 'event_unknown'
  | 'payload_invalid'
  | 'payload_too_large'
  | 'message_invalid'
  | 'schema_async'
  | 'source_parked'
  | 'channel_invalid'
  | 'hub_closed'
  // What an engine could not do, and a hub that has more to store than it may hold.
  | 'engine_unavailable'
  | 'engine_failed'
  | 'overloaded'
  // What a server answers.
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'last_event_id_invalid'
  | 'ack_invalid'
  | 'too_many_connections'
  | 'draining'
  | 'internal'
  // Why a connection ended on the server (`signal.reason`).
  | 'client_gone'
  | 'shutdown'
  | 'rotated'
  | 'stalled'
  | 'revoked'
  // What a client reports.
  | 'network'
  | 'http_status'
  | 'content_type'
  | 'dropped'
  | 'idle'
  | 'queue_overflow'

export interface SseErrorOptions extends ErrorOptions {
  /** HTTP status to answer with when the response has not started, 400 to 599. Default 500. */
  status?: number | undefined
  /**
   * Whether `code` and `message` may be shown to the client. Default `true`: throwing an `SseError` is how an
   * app speaks to its client. Every other error is masked as `internal`.
   */
  expose?: boolean | undefined
  /** When trying again makes sense, in milliseconds: the answer's `Retry-After`, in whole seconds. */
  retryAfterMs?: number | undefined
}

const BRAND: unique symbol = Symbol.for('@sse/SseError')

/**
 * The one error class of both sides: branch on `code`, read `message`.
 *
 * Thrown in a source or in `authorize` on the server, its `code` and `message` reach the client: as the
 * response's JSON body with `status` before the stream has started, as the `sse.error` control event after.
 */
export class SseError extends Error {
  override readonly name = 'SseError'
  declare readonly code: SseErrorCode | (string & {})
  declare readonly status: number | undefined
  declare readonly expose: boolean
  declare readonly retryAfterMs: number | undefined

  constructor(code: SseErrorCode | (string & {}), message: string, options: SseErrorOptions = {}) {
    super(message, options)
    const { status } = options
    if (status !== undefined && !(status >= 400 && status <= 599)) {
      throw new TypeError(`SseError: status must be 400 to 599, not ${status}`)
    }
    this.code = code
    this.status = status
    this.expose = options.expose ?? true
    this.retryAfterMs = options.retryAfterMs
  }

  // On the prototype: one for all. Not a member: its name would be part of the published types.
  static {
    ;(SseError.prototype as { [BRAND]?: true })[BRAND] = true
  }

  /** What a client may see of it. */
  toJSON(): { code: string; message: string } {
    return { code: this.code, message: this.message }
  }
}

/** Whether `value` is an `SseError`, also one of another copy of this package or of another realm. */
export function isSseError(value: unknown): value is SseError {
  return typeof value === 'object' && value !== null && BRAND in value
}
