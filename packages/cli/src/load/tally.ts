import type { SseError } from '@sse/client'
import { Counts } from './counts.ts'
import { Latencies } from './latencies.ts'

/** What all connections of a run add up to. */
export class Tally {
  /** Connections that were started. */
  started = 0
  /** Connections that opened at least once. */
  opened = 0
  /** Connections that are open now. */
  open = 0
  /** Connections that the server ended for good, by `sse.end` or 204. */
  ended = 0
  /** Connections that gave up: after a refusal that is final. */
  failed = 0
  reconnects = 0
  /** Responses that the server ended in order, after which a client reconnects. */
  closes = 0
  events = 0
  bytes = 0
  /** Events with an id. */
  withId = 0
  /** Events that a connection did not receive, although it received later ones. */
  missing = 0
  /** Events that a connection received again. */
  repeated = 0
  /** Events from before their connection opened, which were not timed. */
  caughtUp = 0
  /** Events without a time in the field of `--time-field`. */
  untimed = 0
  /** Events whose time is in the future: the clocks differ. */
  early = 0
  /** By reason. */
  readonly gaps: Counts = new Counts()
  /** By status and code. */
  readonly refusals: Counts = new Counts()
  /** By code. */
  readonly errors: Counts = new Counts()
  readonly connect: Latencies = new Latencies()
  readonly delivery: Latencies = new Latencies()

  /** Counts a failed attempt or a lost connection. */
  fail(error: SseError): void {
    if (error.code === 'dropped') this.closes += 1
    else if (error.code === 'http_status') this.refusals.add(refusalOf(error))
    else this.errors.add(errorKind(error))
  }
}

function refusalOf({ status, cause }: SseError): string {
  const { code, message = '' } = (cause ?? {}) as { code?: string; message?: string }
  if (code !== undefined) return `${status} ${code}`
  return status < 400 && message !== '' ? `${status} ${message}` : String(status)
}

/** Returns the code of what lies below a failure of the network, such as `ECONNRESET`; otherwise the error's own. */
export function errorKind({ code, message, cause }: SseError): string {
  if (code === 'network') return String((cause as NodeJS.ErrnoException | undefined)?.code ?? message)
  return code === 'content_type' ? message.replace(/: $/, '') : code
}
