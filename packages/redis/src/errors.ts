import { ErrorReply } from '@redis/client'
import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

/** What a message may name. */
export interface ErrorContext {
  /** `host:port`. */
  readonly where: string
  /** Name of the hub. */
  readonly name: string
}

type Rule = readonly [pattern: RegExp, make: typeof failed, text: (name: string) => string]

/** By the beginning of the server's error reply, or a socket's error code. */
const RULES: readonly Rule[] = [
  [/^LOADING/, unavailable, () => 'is loading its data from disk'],
  [
    /^(READONLY|SSEREPLICA|UNBLOCKED)/,
    unavailable,
    () => 'is a replica and accepts no writes: waiting for a primary. With Sentinel, pass `sentinel`',
  ],
  [
    /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CROSSSLOT)/,
    unavailable,
    () => 'is a cluster node that does not serve this hub at the moment: pass `cluster` if it is missing',
  ],
  [/^OOM/, unavailable, () => 'is out of memory (maxmemory): nothing was stored. Raise it, or retain less'],
  [/^MISCONF/, unavailable, () => 'cannot save to its disk and refuses writes: see its log'],
  [
    /^NOREPLICAS/,
    unavailable,
    () => 'has fewer good replicas than min-replicas-to-write: nothing was stored',
  ],
  [/^MASTERDOWN/, unavailable, () => 'is a replica that has lost its primary'],
  [/^BUSY/, unavailable, () => 'is busy with a slow script'],
  [/max number of clients/, unavailable, () => 'has reached maxclients'],
  [
    /^(WRONGPASS|NOAUTH)|invalid (username-)?password|without any password/,
    failed,
    () => 'refuses the credentials: check user name and password',
  ],
  [
    /^NOPERM|can't run this command|no permissions|can't access/,
    failed,
    (name) =>
      `forbids a command to this user: required are ~sse:{${name}}* +@read +@write +@scripting +@connection +info +time`,
  ],
  [
    /^(WRONGTYPE|SSEFOREIGN)/,
    failed,
    (name) => `has data of another program under sse:{${name}}…: use another \`name\`, or remove the data`,
  ],
  [
    /^SSENEWER/,
    failed,
    (name) => `has a log sse:{${name}} written by a newer @sse/redis: upgrade this process`,
  ],
  [
    /^ERR (invalid DB index|DB index is out of range|SELECT is not allowed)/,
    failed,
    () => 'has no database of that number',
  ],
  [
    /^ERR Protocol error: (invalid bulk length|too big)/,
    failed,
    () => 'does not accept payloads of this size (proto-max-bulk-len): publish smaller ones',
  ],
]

/** Maps an error of the server, socket or client library to one that says what to do. Keeps an `SseError`. */
export function toSseError(error: unknown, { where, name }: ErrorContext): SseError {
  if (isSseError(error)) return error
  const { message, code = '' } = error as { message: string; code?: string }
  for (const [pattern, make, text] of RULES) {
    if (pattern.test(message)) return make(`Redis at ${where} ${text(name)}`, error)
  }
  if (isTlsProblem(code)) return failed(`Redis at ${where} cannot be reached over TLS: ${code}`, error)
  // Anything but a reply comes from the socket or the client library: closed, timed out, refused.
  if (!(error instanceof ErrorReply)) {
    return unavailable(`Redis at ${where} cannot be reached: ${code || message}`, error)
  }
  return failed(`Redis at ${where} answered: ${message}`, error)
}

/** Returns whether a failed call needs another connection, perhaps to another server. */
export function needsReconnect(error: unknown): boolean {
  return /^(READONLY|SSEREPLICA|UNBLOCKED|MOVED|ASK|CLUSTERDOWN|MASTERDOWN|LOADING|NOAUTH|NOPERM)/.test(
    (error as Error).message,
  )
}
