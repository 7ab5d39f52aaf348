import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

/** Nobody answers on the subject: JetStream is off, or no stream takes it. */
export function isNobodyThere(error: unknown): boolean {
  const { name, cause } = error as Error
  return (
    name === 'JetStreamNotEnabled' ||
    error instanceof errors.NoRespondersError ||
    cause instanceof errors.NoRespondersError
  )
}

/** `err_code` of an answer of JetStream; 0 for anything else. */
export function codeOf(error: unknown): number {
  return error instanceof JetStreamApiError ? error.code : 0
}

export const STREAM_NOT_FOUND = 10_059
export const WRONG_LAST_SEQUENCE = 10_071

export const NO_JETSTREAM =
  'has no JetStream for this account: start nats-server with -js, or give the account limits of its own'

type Explanation = readonly [make: typeof failed, text: (hub: string) => string]

const FULL: Explanation = [
  unavailable,
  () => 'has no room left for JetStream (limits of the server or the account): nothing was stored',
]
const TAKEN: Explanation = [
  failed,
  (hub) =>
    `has a stream of somebody else that takes the name or the subjects of the hub (sse-…-${hub}, sse.*.${hub}.>): use another \`name\`, or remove it`,
]

/** By `err_code`: what JetStream answers. */
const EXPLANATIONS: Record<number, Explanation> = {
  10002: FULL,
  10023: FULL,
  10028: FULL,
  10047: FULL,
  10077: FULL,
  10026: [failed, () => 'allows this account no more streams: the hub needs three'],
  10005: [unavailable, () => 'has no servers for as many replicas at the moment'],
  10008: [unavailable, () => 'has no leader for JetStream at the moment'],
  10009: [unavailable, () => 'has no leader for the stream at the moment'],
  10039: [failed, () => NO_JETSTREAM],
  10076: [failed, () => NO_JETSTREAM],
  10074: [failed, () => 'is no cluster: more than one of `replicas` cannot be kept there'],
  10054: [failed, () => 'takes no payload of this size (max_msg_size of the stream): publish smaller ones'],
  10058: TAKEN,
  10065: TAKEN,
}

export interface Circumstances {
  readonly where: string
  readonly hub: string
  readonly timeoutMs: number
}

/** The failure of a server in words that say what to do; an `SseError` stays what it is. */
export function explain(error: unknown, { where, hub, timeoutMs }: Circumstances): SseError {
  if (isSseError(error)) return error
  const problem = rootOf(error)
  const { message = '', code = '' } = problem as { message?: string; code?: string }
  if (problem instanceof JetStreamApiError) {
    const [make, text] = EXPLANATIONS[problem.code] ?? []
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
    return failed(`NATS at ${where} says that the credentials have expired`, error)
  }
  if (problem instanceof errors.AuthorizationError || /no nkey seed|authenticator/i.test(message)) {
    return failed(`NATS at ${where} refuses the credentials: check user, password, token or creds`, error)
  }
  if (problem instanceof errors.TimeoutError)
    return unavailable(`NATS at ${where} has not answered within ${timeoutMs} ms`, error)
  if (isTlsProblem(code) || (problem instanceof errors.InvalidArgumentError && /'?tls'?/.test(message))) {
    return failed(`NATS at ${where} cannot be reached over TLS: ${code || message}`, error)
  }
  if (isNobodyThere(error)) {
    return unavailable(`Nobody answers for JetStream at ${where} at the moment`, error)
  }
  // Whatever is no answer comes from the socket or the client library: closed, refused, no such host.
  return unavailable(`NATS at ${where} cannot be reached: ${code || message}`, error)
}

/** The client library wraps what it was told. */
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
