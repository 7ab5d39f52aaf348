import { SseError } from '@sse/contract'

/** What trying again may heal. */
export function unavailable(message: string, cause?: unknown): SseError {
  return new SseError('engine_unavailable', message, { cause })
}

/** What needs a hand. */
export function failed(message: string, cause?: unknown): SseError {
  return new SseError('engine_failed', message, { cause })
}

/** What every call says after `close()`. */
export function closed(cause?: unknown): SseError {
  return unavailable('This engine is closed', cause)
}

/** Certificates and the like, by the `code` of Node's error: nothing that passes by itself. */
export function isTlsProblem(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)
}
