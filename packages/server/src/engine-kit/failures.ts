import { SseError } from '@sse/contract'

/** Creates the error of a transient failure: a retry may succeed. */
export function unavailable(message: string, cause?: unknown): SseError {
  return new SseError('engine_unavailable', message, { cause })
}

/** Creates the error of a permanent failure: an operator must act. */
export function failed(message: string, cause?: unknown): SseError {
  return new SseError('engine_failed', message, { cause })
}

/** Creates the error of every call after `close()`. */
export function closed(cause?: unknown): SseError {
  return unavailable('This engine is closed', cause)
}

/** Returns whether the `code` of a Node error is about TLS, such as a certificate: a permanent failure. */
export function isTlsProblem(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)
}
