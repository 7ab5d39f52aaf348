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
  | 'document_invalid'
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
  | 'content_type_unsupported'
  | 'last_event_id_invalid'
  | 'name_invalid'
  | 'ack_invalid'
  | 'run_unknown'
  | 'run_exists'
  | 'run_failed'
  | 'chat_invalid'
  | 'publish_invalid'
  | 'body_too_large'
  | 'too_many_connections'
  | 'draining'
  | 'internal'
  | 'client_gone'
  | 'shutdown'
  | 'rotated'
  | 'expired'
  | 'stalled'
  | 'revoked'
  | 'replaced'
  | 'stopped'
  | 'lost'
  | 'network'
  | 'http_status'
  | 'content_type'
  | 'dropped'
  | 'idle'
  | 'buffered'
  | 'queue_overflow'

interface SseErrorEntry {
  readonly kind: SseErrorKind
  readonly status: number
}

// Short names and no repetition: every page loads this table.
const USAGE: SseErrorEntry = { kind: 'usage', status: 500 }
const ENGINE: SseErrorEntry = { kind: 'engine', status: 503 }
const request = (status: number): SseErrorEntry => ({ kind: 'request', status })
const client = (status: number): SseErrorEntry => ({ kind: 'client', status })

/**
 * Every code the library uses, with its kind and the HTTP status it is answered with while a response has not
 * started. An app may use any other string as a code: its kind is `request` and its status 500 unless given.
 */
export const SSE_ERRORS: Readonly<Record<SseErrorCode, SseErrorEntry>> = {
  // usage
  contract_invalid: USAGE,
  document_invalid: USAGE,
  option_invalid: USAGE,
  param_missing: USAGE,
  source_invalid: USAGE,
  source_parked: USAGE,
  event_unknown: USAGE,
  payload_invalid: USAGE,
  payload_too_large: USAGE,
  message_invalid: USAGE,
  schema_async: USAGE,
  channel_invalid: USAGE,
  // engine
  engine_unavailable: ENGINE,
  engine_failed: ENGINE,
  overloaded: ENGINE,
  hub_closed: ENGINE,
  // request: refused before the response started
  unauthorized: request(401),
  forbidden: request(403),
  not_found: request(404),
  method_not_allowed: request(405),
  content_type_unsupported: request(415),
  last_event_id_invalid: request(400),
  name_invalid: request(400),
  ack_invalid: request(409),
  run_unknown: request(404),
  run_exists: request(409),
  run_failed: request(500),
  chat_invalid: request(400),
  publish_invalid: request(400),
  body_too_large: request(413),
  too_many_connections: request(503),
  draining: request(503),
  internal: request(500),
  // request: why the server ended a connection (`signal.reason`, `sse.error`)
  client_gone: request(499),
  shutdown: request(503),
  rotated: request(503),
  expired: request(401),
  stalled: request(408),
  revoked: request(403),
  replaced: request(409),
  // request: why a run was ended (`signal.reason` of its source)
  stopped: request(409),
  lost: request(503),
  // client
  network: client(502),
  http_status: client(502),
  content_type: client(502),
  dropped: client(502),
  idle: client(504),
  buffered: client(504),
  queue_overflow: client(500),
}
