/**
 * Who can act on an error:
 *
 * - `usage`: the developer. The library was called wrongly; thrown where the mistake is.
 * - `engine`: the operator. Storage behind a hub failed, or the process is out of capacity.
 * - `request`: the client. The server refused a request or ended a connection and says why.
 * - `client`: the client reports what happened to its own connection.
 *
 * Only `request` errors are shown to clients by default.
 */
export type SseErrorKind = 'usage' | 'engine' | 'request' | 'client'

/** A code the library uses. Written out, so that compiler errors show its name. */
export type SseErrorCode =
  | 'contract_invalid'
  | 'option_invalid'
  | 'param_missing'
  | 'source_invalid'
  | 'source_parked'
  | 'event_unknown'
  | 'payload_invalid'
  | 'payload_too_large'
  | 'message_invalid'
  | 'schema_async'
  | 'channel_invalid'
  | 'engine_unavailable'
  | 'engine_failed'
  | 'overloaded'
  | 'hub_closed'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'last_event_id_invalid'
  | 'name_invalid'
  | 'ack_invalid'
  | 'too_many_connections'
  | 'draining'
  | 'internal'
  | 'client_gone'
  | 'shutdown'
  | 'rotated'
  | 'expired'
  | 'stalled'
  | 'revoked'
  | 'network'
  | 'http_status'
  | 'content_type'
  | 'dropped'
  | 'idle'
  | 'queue_overflow'

/**
 * Every code the library uses, with its kind and the HTTP status it is answered with while a response has not
 * started. An app may use any other string as a code: its kind is `request` and its status 500 unless given.
 */
export const SSE_ERRORS: Readonly<
  Record<SseErrorCode, { readonly kind: SseErrorKind; readonly status: number }>
> = {
  // usage
  contract_invalid: { kind: 'usage', status: 500 },
  option_invalid: { kind: 'usage', status: 500 },
  param_missing: { kind: 'usage', status: 500 },
  source_invalid: { kind: 'usage', status: 500 },
  source_parked: { kind: 'usage', status: 500 },
  event_unknown: { kind: 'usage', status: 500 },
  payload_invalid: { kind: 'usage', status: 500 },
  payload_too_large: { kind: 'usage', status: 500 },
  message_invalid: { kind: 'usage', status: 500 },
  schema_async: { kind: 'usage', status: 500 },
  channel_invalid: { kind: 'usage', status: 500 },
  // engine
  engine_unavailable: { kind: 'engine', status: 503 },
  engine_failed: { kind: 'engine', status: 503 },
  overloaded: { kind: 'engine', status: 503 },
  hub_closed: { kind: 'engine', status: 503 },
  // request: refused before the response started
  unauthorized: { kind: 'request', status: 401 },
  forbidden: { kind: 'request', status: 403 },
  not_found: { kind: 'request', status: 404 },
  method_not_allowed: { kind: 'request', status: 405 },
  last_event_id_invalid: { kind: 'request', status: 400 },
  name_invalid: { kind: 'request', status: 400 },
  ack_invalid: { kind: 'request', status: 409 },
  too_many_connections: { kind: 'request', status: 503 },
  draining: { kind: 'request', status: 503 },
  internal: { kind: 'request', status: 500 },
  // request: why the server ended a connection (`signal.reason`, `sse.error`)
  client_gone: { kind: 'request', status: 499 },
  shutdown: { kind: 'request', status: 503 },
  rotated: { kind: 'request', status: 503 },
  expired: { kind: 'request', status: 401 },
  stalled: { kind: 'request', status: 408 },
  revoked: { kind: 'request', status: 403 },
  // client
  network: { kind: 'client', status: 502 },
  http_status: { kind: 'client', status: 502 },
  content_type: { kind: 'client', status: 502 },
  dropped: { kind: 'client', status: 502 },
  idle: { kind: 'client', status: 504 },
  queue_overflow: { kind: 'client', status: 500 },
}
