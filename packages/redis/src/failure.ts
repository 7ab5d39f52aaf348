import { ErrorReply } from '@redis/client'
import { isSseError, type SseError } from '@sse/server'
import { failed, isTlsProblem, unavailable } from '@sse/server/engine-kit'

type Explanation = readonly [pattern: RegExp, make: typeof failed, text: (name: string) => string]

/** By what an answer of the server starts with, or a socket's error code. */
const EXPLANATIONS: readonly Explanation[] = [
  [/^LOADING/, unavailable, () => 'is loading its data from the disk'],
  [
    /^(READONLY|SSEREPLICA|UNBLOCKED)/,
    unavailable,
    () => 'is a replica and takes no writes: it waits for a primary. With Sentinel, pass `sentinel`',
  ],
  [
    /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CROSSSLOT)/,
    unavailable,
    () => 'is a node of a cluster and does not hold this hub at the moment: pass `cluster`, if it is missing',
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
      `forbids a command to this user: it needs ~sse:{${name}}* +@read +@write +@scripting +@connection +info +time`,
  ],
  [
    /^(WRONGTYPE|SSEFOREIGN)/,
    failed,
    (name) => `has data of somebody else under sse:{${name}}…: use another \`name\`, or remove them`,
  ],
  [
    /^SSENEWER/,
    failed,
    (name) => `has a log sse:{${name}} that was written by a newer @sse/redis: upgrade this one`,
  ],
  [
    /^ERR (invalid DB index|DB index is out of range|SELECT is not allowed)/,
    failed,
    () => 'has no database of that number',
  ],
  [
    /^ERR Protocol error: (invalid bulk length|too big)/,
    failed,
    () => 'takes no payload of this size (proto-max-bulk-len): publish smaller ones',
  ],
]

/** The failure of a server in words that say what to do; an `SseError` stays what it is. */
export function explain(error: unknown, where: string, name: string): SseError {
  if (isSseError(error)) return error
  const { message, code = '' } = error as { message: string; code?: string }
  for (const [pattern, make, text] of EXPLANATIONS) {
    if (pattern.test(message)) return make(`Redis at ${where} ${text(name)}`, error)
  }
  if (isTlsProblem(code)) return failed(`Redis at ${where} cannot be reached over TLS: ${code}`, error)
  // Whatever is no answer comes from the socket or the client library: closed, timed out, refused.
  if (!(error instanceof ErrorReply)) {
    return unavailable(`Redis at ${where} cannot be reached: ${code || message}`, error)
  }
  return failed(`Redis at ${where} answered: ${message}`, error)
}

/** Whether another connection, perhaps to another server, is what it takes. */
export function asksForReconnect(error: unknown): boolean {
  return /^(READONLY|SSEREPLICA|UNBLOCKED|MOVED|ASK|CLUSTERDOWN|MASTERDOWN|LOADING|NOAUTH|NOPERM)/.test(
    (error as Error).message,
  )
}
