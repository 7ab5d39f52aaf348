import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

/** Returns whether nothing answers on the subject: JetStream is off, or no stream stores it. */
export function isNoResponder(error: unknown): boolean {
  const { name, cause } = error as Error
  return (
    name === 'JetStreamNotEnabled' ||
    error instanceof errors.NoRespondersError ||
    cause instanceof errors.NoRespondersError
  )
}

/** Returns the `err_code` of a JetStream error; 0 for any other error. */
export function codeOf(error: unknown): number {
  return error instanceof JetStreamApiError ? error.code : 0
}

/** Returns whether the server has not answered in time. */
export function isTimeout(error: unknown): boolean {
  return rootOf(error) instanceof errors.TimeoutError
}

export const STREAM_NOT_FOUND = 10_059

/**
 * Returns whether a publish was refused because another one came first: the wrong last sequence, or one that is still
 * being replicated.
 */
export function isOvertaken(error: unknown): boolean {
  return [10_071, 10_164].includes(codeOf(error))
}

export const NO_JETSTREAM =
  'has no JetStream for this account: start nats-server with -js, or give the account JetStream limits'

type Rule = readonly [make: typeof failed, text: (hub: string) => string]

const FULL: Rule = [
  unavailable,
  () => 'has no space left for JetStream (limits of the server or the account): nothing was stored',
]
const TAKEN: Rule = [
  failed,
  (hub) =>
    `has a stream of another program with the name or the subjects of the hub (sse-…-${hub}, sse.*.${hub}.>): use another \`name\`, or remove it`,
]

/** By `err_code` of JetStream. */
const RULES: Record<number, Rule> = {
  10002: FULL,
  10023: FULL,
  10028: FULL,
  10047: FULL,
  10077: FULL,
  10026: [failed, () => 'allows this account no more streams: a hub needs three'],
  10005: [unavailable, () => 'currently has too few servers for `replicas`'],
  10008: [unavailable, () => 'currently has no leader for JetStream'],
  10009: [unavailable, () => 'currently has no leader for the stream'],
  10039: [failed, () => NO_JETSTREAM],
  10076: [failed, () => NO_JETSTREAM],
  10074: [failed, () => 'is not a cluster: `replicas` must be 1'],
  10054: [
    failed,
    () => 'does not accept payloads of this size (max_msg_size of the stream): publish smaller ones',
  ],
  10058: TAKEN,
  10065: TAKEN,
}

/** What a message may name. */
export interface ErrorContext {
  /** `host:port`. */
  readonly where: string
  readonly hub: string
  readonly timeoutMs: number
}

/** Maps an error of the server or client library to one that says what to do. Keeps an `SseError`. */
export function toSseError(error: unknown, { where, hub, timeoutMs }: ErrorContext): SseError {
  if (isSseError(error)) return error
  const problem = rootOf(error)
  const { message = '', code = '' } = problem as { message?: string; code?: string }
  if (problem instanceof JetStreamApiError) {
    const [make, text] = RULES[problem.code] ?? []
    if (make && text) return make(`NATS at ${where} ${text(hub)}`, error)
    const isTemporary = problem.status >= 500
    return (isTemporary ? unavailable : failed)(`NATS at ${where} answered: ${message}`, error)
  }
  if (problem instanceof errors.PermissionViolationError) {
    return failed(
      `NATS at ${where} forbids this user to ${problem.operation} "${problem.subject}": allow it, see "Rights" in the README of @sse/nats`,
      error,
    )
  }
  if (problem instanceof errors.UserAuthenticationExpiredError) {
    return failed(`NATS at ${where} reports that the credentials have expired`, error)
  }
  if (problem instanceof errors.AuthorizationError || /no nkey seed|authenticator/i.test(message)) {
    return failed(`NATS at ${where} refuses the credentials: check user, password, token or creds`, error)
  }
  if (problem instanceof errors.TimeoutError)
    return unavailable(`NATS at ${where} has not answered within ${timeoutMs} ms`, error)
  if (isTlsProblem(code) || (problem instanceof errors.InvalidArgumentError && /'?tls'?/.test(message))) {
    return failed(`NATS at ${where} cannot be reached over TLS: ${code || message}`, error)
  }
  if (isNoResponder(error)) {
    return unavailable(`NATS at ${where} currently has no JetStream server that answers`, error)
  }
  // Anything but a reply comes from the socket or the client library: closed, refused, no such host.
  return unavailable(`NATS at ${where} cannot be reached: ${code || message}`, error)
}

/** Returns the error that the client library has wrapped. */
function rootOf(error: unknown): unknown {
  let root = error
  while (
    root instanceof Error &&
    !(root instanceof JetStreamApiError) &&
    root.cause instanceof Error &&
    !(root.cause instanceof errors.NoRespondersError)
  ) {
    root = root.cause
  }
  return root
}
