import type { ResumePoint, StreamItem } from './probes/resume-point.ts'

/** Head of a response. Names of headers are in lower case. */
export interface ResponseHead {
  readonly url: URL
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  /** Time of day at which the request was sent, by our clock. */
  readonly requestedAt: number
  /** Milliseconds from the request to the headers. */
  readonly headersMs: number
  /** Why the certificate is not trusted, if `--insecure` accepted it. */
  readonly untrusted: string | undefined
}

/** What was read from one stream. Times are milliseconds since its request was sent. */
export interface StreamFacts {
  /** When bytes arrived on the connection, before they were decompressed. */
  readonly arrivals: readonly { readonly atMs: number; readonly bytes: number; readonly isMidLine: boolean }[]
  readonly items: readonly StreamItem[]
  /** Events and ids that were counted, but are not in `items`. */
  readonly skippedItems: number
  readonly commentsAtMs: readonly number[]
  readonly retries: readonly number[]
  /** Values of `retry:` that are no whole number. */
  readonly invalidRetries: number
  /** Names of fields that do not exist in the format. */
  readonly unknownFields: readonly string[]
  readonly hasBom: boolean
  readonly hasInvalidUtf8: boolean
  readonly longestLine: number
  /** Bytes on the connection. */
  readonly bytes: number
  /** Text of the last block, if no empty line has ended it. */
  readonly unfinished: string
  /**
   * `open`: the doctor left. `ended`: the response is complete. `cut`: it broke off.
   * `limit`: the doctor left because it was too large.
   */
  readonly ending: 'open' | 'ended' | 'cut' | 'limit'
  /** When it ended or was left. */
  readonly endMs: number
  /** Why it broke off, or why its compression cannot be read. */
  readonly error: string | undefined
}

/** A response, and its body if it is a stream. */
export interface Exchange {
  readonly head: ResponseHead
  readonly stream: StreamFacts | undefined
}

/** A request that got no response. */
export interface Failure {
  /**
   * `silent`: connected, but no response within the time. `redirects`: too many, or to no address of HTTP.
   * `interrupted`: by Ctrl-C.
   */
  readonly kind: 'connection' | 'silent' | 'redirects' | 'interrupted'
  readonly message: string
  readonly fix: string | undefined
}

export interface Hop {
  readonly from: URL
  readonly status: number
  readonly to: URL
}

export interface ResumeProbe {
  readonly point: ResumePoint
  /** `undefined`: no response. */
  readonly exchange: Exchange | undefined
}

/** The request with which a client reconnects after the end. */
export interface EndProbe {
  readonly lastEventId: string | undefined
  readonly exchange: Exchange | undefined
}

/** Everything that was seen from outside. Judgements read nothing else. */
export interface Observations {
  /** The page's origin, from `--origin`. */
  readonly origin: string | undefined
  /** Names of the request headers that the user gave, in lower case. */
  readonly headerNames: readonly string[]
  readonly isLong: boolean
  readonly hops: readonly Hop[]
  /** Why there is no `main`. */
  readonly failure: Failure | undefined
  /** The stream as it is without `Accept-Encoding`. */
  readonly main: Exchange | undefined
  /** Answer to `HEAD`, asked for only if `GET` got none in time. */
  readonly headAnswer: ResponseHead | undefined
  /** Begin of a body that is no event stream. */
  readonly page: string | undefined
  /** The stream as it is with `Accept-Encoding`. */
  readonly compressed: Exchange | undefined
  readonly resume: ResumeProbe | undefined
  readonly end: EndProbe | undefined
  /** Answer to the preflight request, if `origin` is another one. */
  readonly preflight: ResponseHead | undefined
}

export function isEventStream(head: ResponseHead | undefined): boolean {
  return head?.status === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(head.headers['content-type'] ?? '')
}
