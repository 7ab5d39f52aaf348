import { END_ID } from '@sse/contract/protocol'
import { explainFailure } from '../../explain-failure.ts'
import { dialectOf } from '../dialect.ts'
import {
  type EndProbe,
  type Failure,
  isEventStream,
  type Observations,
  type ResponseHead,
} from '../observations.ts'
import { count, seconds, type Timing } from '../timing.ts'
import { followRedirects } from './follow-redirects.ts'
import { type HttpResponse, headerBytes, sendRequest } from './http-request.ts'
import { lagOf } from './lag.ts'
import {
  compareResumed,
  eventsWithIds,
  findResumePoint,
  isHeartbeat,
  type ResumePoint,
} from './resume-point.ts'
import { StreamReading } from './stream-reading.ts'

export interface Target {
  readonly url: URL
  /** Request headers from the user, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly origin: string | undefined
  readonly isLong: boolean
  readonly insecure: boolean
}

/** Says what is waited for. */
export type Progress = (text: string) => void

/** A stream that sends more in its first seconds is read until it is known how much that is. */
const BUSY_BYTES = 1_048_576
/** More of a page is not read. */
const MAX_PAGE_BYTES = 16_384
/** What browsers send, without what Node cannot decompress everywhere. */
const ACCEPT_ENCODING = 'gzip, deflate, br'

/** Looks at a stream from outside for as long as `timing` allows. Never rejects because of what a server does. */
export async function observe(
  target: Target,
  timing: Timing,
  signal: AbortSignal,
  progress: Progress = () => {},
): Promise<Observations> {
  return new Observer(target, timing, signal, progress).observe()
}

class Observer {
  readonly #target: Target
  readonly #timing: Timing
  readonly #signal: AbortSignal
  readonly #progress: Progress
  /** Of `performance.now()`. */
  readonly #deadline: number
  /** Where the redirects led. */
  #url: URL

  constructor(target: Target, timing: Timing, signal: AbortSignal, progress: Progress) {
    this.#target = target
    this.#url = target.url
    this.#timing = timing
    this.#signal = signal
    this.#progress = progress
    this.#deadline = performance.now() + timing.waitMs
  }

  async observe(): Promise<Observations> {
    const { origin, headers, isLong } = this.#target
    const seen: { -readonly [Key in keyof Observations]: Observations[Key] } = {
      origin,
      headerNames: Object.keys(headers),
      isLong,
      hops: [],
      failure: undefined,
      main: undefined,
      headAnswer: undefined,
      page: undefined,
      compressed: undefined,
      resume: undefined,
      end: undefined,
      preflight: undefined,
    }
    this.#progress('waiting for the response')
    const response = await this.#open(seen)
    if (!response) {
      if (isEventStream(seen.headAnswer)) seen.preflight = await this.#askPreflight()
      return seen
    }
    this.#url = response.head.url
    const preflight = this.#askPreflight()
    if (isEventStream(response.head)) await this.#readStream(response, seen)
    else {
      seen.page = await readPage(response, Math.min(this.#deadline, performance.now() + this.#timing.probeMs))
      seen.main = { head: response.head, stream: undefined }
    }
    seen.preflight = await preflight
    return seen
  }

  async #open(seen: {
    hops: Observations['hops']
    failure: Failure | undefined
    headAnswer: ResponseHead | undefined
  }): Promise<HttpResponse | undefined> {
    const { url, headers, insecure } = this.#target
    const waiting = timeoutSignal(this.#timing.headersMs, this.#signal)
    try {
      const followed = await followRedirects(
        url,
        { headers: this.#headers(), insecure, signal: waiting.signal },
        headers,
      )
      seen.hops = followed.hops
      seen.failure = followed.failure
      this.#signal.addEventListener('abort', () => followed.response?.close(), { once: true })
      return followed.response
    } catch (error) {
      if (this.#signal.aborted) {
        seen.failure = { kind: 'interrupted', message: 'Interrupted before the response', fix: undefined }
        return undefined
      }
      if (!waiting.hasExpired()) {
        const { message, next } = explainFailure(error, url)
        // The check has its own advice on certificates.
        const fix = message.startsWith('The certificate') ? undefined : next
        seen.failure = { kind: 'connection', message, fix }
        return undefined
      }
      seen.failure = {
        kind: 'silent',
        message: `Connected, but no response came within ${seconds(this.#timing.headersMs)}`,
        fix: undefined,
      }
      seen.headAnswer = (await this.#ask({ ...this.#headers(), ...this.#personal() }, 'HEAD'))?.head
      return undefined
    } finally {
      waiting.clear()
    }
  }

  async #readStream(
    response: HttpResponse,
    seen: { -readonly [Key in keyof Observations]: Observations[Key] },
  ): Promise<void> {
    const main = new StreamReading(response)
    const stopAll = () => main.stop()
    this.#signal.addEventListener('abort', stopAll, { once: true })
    const ticking = setInterval(() => this.#report(main), 500)
    try {
      const compressed = this.#readCompressed(main)
      seen.resume = await this.#resume(main)
      seen.compressed = await compressed
      await main.waitFor((facts) => this.#isEnough(main) || facts.ending !== 'open', this.#deadline)
      seen.main = main.exchange
      seen.end = await this.#askAfterEnd(main)
    } finally {
      clearInterval(ticking)
      this.#signal.removeEventListener('abort', stopAll)
      main.stop()
      seen.main ??= main.exchange
    }
  }

  #report({ facts }: StreamReading): void {
    const leftMs = Math.max(0, this.#deadline - performance.now())
    const events = facts.items.filter(({ event }) => event !== undefined).length + facts.skippedItems
    this.#progress(
      `listening, up to ${Math.ceil(leftMs / 1_000)} s more: ${count(facts.bytes, 'byte')}, ${count(events, 'event')}`,
    )
  }

  /** Whether more of the stream would tell nothing new. */
  #isEnough(main: StreamReading): boolean {
    if (this.#target.isLong || this.#signal.aborted) return this.#signal.aborted
    const { endMs, items, commentsAtMs, arrivals, bytes } = main.facts
    if (endMs < this.#timing.leastMs) return false
    const heartbeats = commentsAtMs.length + items.filter(({ event }) => event && isHeartbeat(event)).length
    return heartbeats >= 4 || (arrivals.length >= 100 && bytes < BUSY_BYTES)
  }

  /** The same stream as a browser asks for it, beside the first, until it has what the first one has. */
  async #readCompressed(main: StreamReading) {
    const answer = await this.#request({
      ...this.#headers(),
      ...this.#personal(),
      'accept-encoding': ACCEPT_ENCODING,
    })
    if (!answer || !isEventStream(answer.head)) {
      answer?.close()
      return answer && { head: answer.head, stream: undefined }
    }
    const reading = new StreamReading(answer)
    const isPlain = !answer.head.headers['content-encoding']
    await reading.waitFor(
      ({ items }) =>
        isPlain || items.length > 0 || (lagOf(main.exchange, reading.exchange) ?? 0) > this.#timing.probeMs,
      this.#deadline,
    )
    const { exchange } = reading
    reading.stop()
    return exchange
  }

  async #resume(main: StreamReading): Promise<Observations['resume']> {
    const startedAt = performance.now()
    const share = (this.#deadline - startedAt) * 0.6
    await main.waitFor(
      ({ items }) => eventsWithIds(items).length >= 5,
      startedAt + Math.min(share, 2 * this.#timing.leastMs),
    )
    let point = findResumePoint(main.facts.items)
    if (!point) {
      await main.waitFor(
        ({ items }) => findResumePoint(items) !== undefined,
        this.#deadline - this.#timing.promptMs,
      )
      point = findResumePoint(main.facts.items)
    }
    return point && this.#resumeAfter(point)
  }

  async #resumeAfter(point: ResumePoint): Promise<Observations['resume']> {
    const answer = await this.#request(this.#headersAfter(point.id))
    if (!answer) return { point, exchange: undefined }
    if (!isEventStream(answer.head)) {
      answer.body.on('error', () => {})
      answer.close()
      return { point, exchange: { head: answer.head, stream: undefined } }
    }
    const reading = new StreamReading(answer)
    await reading.waitFor(
      ({ items }) =>
        eventsWithIds(items).length >= point.expected.length ||
        !['exact', 'nothing'].includes(compareResumed(point, items).kind),
      Math.min(this.#deadline, performance.now() + this.#timing.probeMs),
    )
    const { exchange } = reading
    reading.stop()
    return { point, exchange }
  }

  /** The request of a browser that reconnects after the stream has ended. */
  async #askAfterEnd(main: StreamReading): Promise<EndProbe | undefined> {
    const { facts, head } = main
    if (this.#signal.aborted || facts.ending === 'limit' || facts.ending === 'cut') return undefined
    const { id: dialect, reconnects } = dialectOf(head, facts)
    if (dialect !== 'native' && (facts.ending === 'open' || !reconnects)) return undefined
    const lastEventId =
      dialect === 'native' ? END_ID : facts.items.findLast(({ id }) => id !== undefined)?.id || undefined
    const answer = await this.#request(this.#headersAfter(lastEventId))
    if (!answer) return { lastEventId, exchange: undefined }
    if (!isEventStream(answer.head)) {
      answer.body.on('error', () => {})
      answer.close()
      return { lastEventId, exchange: { head: answer.head, stream: undefined } }
    }
    const reading = new StreamReading(answer)
    await reading.waitFor(({ items }) => items.length > 0, performance.now() + this.#timing.promptMs)
    const { exchange } = reading
    reading.stop()
    return { lastEventId, exchange }
  }

  async #askPreflight(): Promise<ResponseHead | undefined> {
    const { origin, headers } = this.#target
    if (origin === undefined || origin === this.#url.origin) return undefined
    const names = ['last-event-id', ...Object.keys(headers).filter((name) => name !== 'cookie')]
    const preflight = {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': [...new Set(names)].sort().join(','),
    }
    return (await this.#ask(preflight, 'OPTIONS'))?.head
  }

  /** One request whose body does not matter. */
  async #ask(headers: Record<string, string>, method: string): Promise<HttpResponse | undefined> {
    const answer = await this.#request(headers, method)
    answer?.body.on('error', () => {})
    answer?.close()
    return answer
  }

  /** `undefined`: no response within the time of a probe. */
  async #request(headers: Record<string, string>, method = 'GET'): Promise<HttpResponse | undefined> {
    const waiting = timeoutSignal(this.#timing.probeMs, this.#signal)
    try {
      return await sendRequest(this.#url, {
        method,
        headers,
        insecure: this.#target.insecure,
        signal: waiting.signal,
      })
    } catch {
      return undefined
    } finally {
      waiting.clear()
    }
  }

  /** Headers that every request has, without those of the user. */
  #headers(): Record<string, string> {
    const { origin } = this.#target
    return {
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
      'user-agent': 'sse-doctor',
      ...(origin !== undefined && { origin }),
    }
  }

  /** Headers of the user, which another host than the one in the command never gets. */
  #personal(): Readonly<Record<string, string>> {
    return this.#url.origin === this.#target.url.origin ? this.#target.headers : {}
  }

  #headersAfter(id: string | undefined): Record<string, string> {
    return {
      ...this.#headers(),
      ...this.#personal(),
      ...(id !== undefined && { 'last-event-id': headerBytes(id) }),
    }
  }
}

/** Aborts with `signal`, or after a time unless it is cleared before. */
function timeoutSignal(ms: number, signal: AbortSignal) {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(new Error('timeout')), ms)
  return {
    signal: AbortSignal.any([timeout.signal, signal]),
    hasExpired: () => timeout.signal.aborted && !signal.aborted,
    clear: () => clearTimeout(timer),
  }
}

async function readPage(response: HttpResponse, deadline: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, deadline - performance.now())
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    response.body
      .on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length >= MAX_PAGE_BYTES) done()
      })
      .on('end', done)
      .on('error', done)
      .on('close', done)
  })
  response.close()
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_PAGE_BYTES)
}
