import { SSE_ERRORS, type SseErrorCode, type SseErrorKind } from './error-codes.ts'

export interface SseErrorOptions extends ErrorOptions {
  /**
   * HTTP status, a whole number from 200 to 599: what the response carries while it has not started, or, on the
   * client, what the server answered. Default: the code's status in `SSE_ERRORS`, or 500.
   */
  status?: number | undefined
  /**
   * Whether `code` and `message` may be shown to a client. Default: `true` for kind `request`, which includes
   * every code of your own. Other errors reach a client as `internal`.
   */
  expose?: boolean | undefined
  /** When a retry makes sense, in milliseconds: sent as `Retry-After`, in whole seconds. */
  retryAfterMs?: number | undefined
}

const BRAND: unique symbol = Symbol.for('@sse/SseError')
const OWN_CODE = { kind: 'request', status: 500 } as const

/**
 * The one error class of both sides: branch on `code`, read `message`.
 *
 * Thrown by a source or by `authorize` on the server, its `code` and `message` reach the client: as the
 * response's JSON body with `status` before the stream has started, as the `sse.error` control event after.
 *
 * @throws {TypeError} when `status` is not a whole number from 200 to 599.
 */
export class SseError extends Error {
  override readonly name = 'SseError'
  declare readonly code: SseErrorCode | (string & {})
  /** Who can act on it. */
  declare readonly kind: SseErrorKind
  /** HTTP status, always set: see `SseErrorOptions.status`. */
  declare readonly status: number
  declare readonly expose: boolean
  declare readonly retryAfterMs: number | undefined

  constructor(code: SseErrorCode | (string & {}), message: string, options: SseErrorOptions = {}) {
    super(message, options)
    const known = Object.hasOwn(SSE_ERRORS, code) ? SSE_ERRORS[code as SseErrorCode] : OWN_CODE
    const { status = known.status } = options
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new TypeError(`SseError: status must be a whole number from 200 to 599, not ${status}`)
    }
    this.code = code
    this.kind = known.kind
    this.status = status
    this.expose = options.expose ?? known.kind === 'request'
    this.retryAfterMs = options.retryAfterMs
  }

  /** What a client may see. */
  toJSON(): { code: string; message: string } {
    return { code: this.code, message: this.message }
  }
}
// On the prototype, once for all instances. Not a class member: its name would be part of the published types. Not a
// static block: React Native's preset for Babel does not know them.
;(SseError.prototype as { [BRAND]?: true })[BRAND] = true

/** Whether `value` is an `SseError`, including one from another copy of this package or from another realm. */
export function isSseError(value: unknown): value is SseError {
  return typeof value === 'object' && value !== null && BRAND in value
}
