import { END_ID } from '@sse/contract/protocol'
import { dialectOf } from '../dialect.ts'
import {
  type EndProbe,
  type Exchange,
  isEventStream,
  type Observations,
  type ResumeProbe,
} from '../observations.ts'
import { count, seconds, type Timing } from '../timing.ts'
import type { HttpResponse } from './http-request.ts'
import { lagOf } from './lag.ts'
import { Requests, readPage, type Target } from './requests.ts'
import { compareResumed, eventsWithIds, findResumePoint, isHeartbeat } from './resume-point.ts'
import { StreamReading } from './stream-reading.ts'

/** Says what is waited for. */
export type Progress = (text: string) => void

type Seen = { -readonly [Key in keyof Observations]: Observations[Key] }

/** What browsers send, without what Node cannot decompress everywhere. */
const ACCEPT_ENCODING = 'gzip, deflate, br'
/** Enough events to have a point in the middle. */
const ENOUGH_EVENTS = 5
const ENOUGH_HEARTBEATS = 4
/** A stream that is so busy that no heartbeat is due. */
const ENOUGH_ARRIVALS = 100
/** A stream that sends more in its first seconds is read until it is known how much that is. */
const BUSY_BYTES = 1_048_576

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
  readonly #requests: Requests
  /** Of `performance.now()`. */
  readonly #deadline: number

  constructor(target: Target, timing: Timing, signal: AbortSignal, progress: Progress) {
    this.#target = target
    this.#timing = timing
    this.#signal = signal
    this.#progress = progress
    this.#requests = new Requests(target, timing, signal)
    this.#deadline = performance.now() + timing.waitMs
  }

  async observe(): Promise<Observations> {
    const { origin, headers, isLong } = this.#target
    const seen: Seen = {
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
    const preflight = response || seen.headAnswer ? this.#requests.askPreflight() : undefined
    if (response && isEventStream(response.head)) await this.#readStream(response, seen)
    else if (response) {
      seen.page = await readPage(response, this.#timing.probeMs)
      seen.main = { head: response.head, stream: undefined }
    }
    seen.preflight = await preflight
    return seen
  }

  async #open(seen: Seen): Promise<HttpResponse | undefined> {
    try {
      const followed = await this.#requests.openFirst()
      if (followed !== 'silent') {
        seen.hops = followed.hops
        seen.failure = followed.failure
        return followed.response
      }
      const message = `Connected, but no response came within ${seconds(this.#timing.headersMs)}`
      seen.failure = { kind: 'silent', message, fix: undefined }
      seen.headAnswer = await this.#requests.askHead()
    } catch {
      seen.failure = { kind: 'interrupted', message: 'Interrupted before the response', fix: undefined }
    }
    return undefined
  }

  async #readStream(response: HttpResponse, seen: Seen): Promise<void> {
    const main = new StreamReading(response)
    const stop = () => main.stop()
    this.#signal.addEventListener('abort', stop, { once: true })
    const ticking = setInterval(() => this.#report(main), 500)
    try {
      const compressed = this.#readCompressed(main)
      seen.resume = await this.#resume(main)
      seen.compressed = await compressed
      await main.waitFor(() => this.#isEnough(main), this.#deadline)
      seen.main = main.exchange
      seen.end = await this.#reconnectAfterEnd(main.exchange)
    } finally {
      clearInterval(ticking)
      this.#signal.removeEventListener('abort', stop)
      main.stop()
    }
  }

  #report({ facts }: StreamReading): void {
    const leftMs = Math.max(0, this.#deadline - performance.now())
    const events = facts.items.filter(({ event }) => event !== undefined).length + facts.skippedItems
    const received = `${count(facts.bytes, 'byte')}, ${count(events, 'event')}`
    this.#progress(`listening, up to ${Math.ceil(leftMs / 1_000)} s more: ${received}`)
  }

  /** Whether more of the stream would tell nothing new. */
  #isEnough({ facts }: StreamReading): boolean {
    if (this.#target.isLong || facts.endMs < this.#timing.leastMs) return false
    const { items, commentsAtMs, arrivals, bytes } = facts
    const heartbeats = commentsAtMs.length + items.filter(({ event }) => event && isHeartbeat(event)).length
    return heartbeats >= ENOUGH_HEARTBEATS || (arrivals.length >= ENOUGH_ARRIVALS && bytes < BUSY_BYTES)
  }

  /** The same stream as a browser asks for it, beside the first. */
  #readCompressed(main: StreamReading): Promise<Exchange | undefined> {
    return this.#requests.read(
      { 'accept-encoding': ACCEPT_ENCODING },
      ({ items }, exchange) =>
        exchange().head.headers['content-encoding'] === undefined ||
        items.length > 0 ||
        (lagOf(main.exchange, exchange()) ?? 0) > this.#timing.probeMs,
      this.#deadline,
    )
  }

  async #resume(main: StreamReading): Promise<ResumeProbe | undefined> {
    const now = performance.now()
    const soon = now + Math.min((this.#deadline - now) * 0.6, 2 * this.#timing.leastMs)
    await main.waitFor(({ items }) => eventsWithIds(items).length >= ENOUGH_EVENTS, soon)
    const latest = this.#deadline - this.#timing.promptMs
    await main.waitFor(({ items }) => findResumePoint(items) !== undefined, latest)
    const point = findResumePoint(main.facts.items)
    if (!point) return undefined
    const exchange = await this.#requests.readAfter(
      point.id,
      ({ items }) =>
        eventsWithIds(items).length >= point.expected.length ||
        !['exact', 'nothing'].includes(compareResumed(point, items).kind),
      Math.min(this.#deadline, performance.now() + this.#timing.probeMs),
    )
    return { point, exchange }
  }

  /** The request of a client that reconnects after the stream has ended. */
  async #reconnectAfterEnd({ head, stream }: Exchange): Promise<EndProbe | undefined> {
    if (this.#signal.aborted || !stream || stream.ending === 'limit' || stream.ending === 'cut')
      return undefined
    const { id: dialect, reconnects } = dialectOf(head, stream)
    // A server of @sse answers the id of the end at any time.
    if (dialect !== 'native' && (stream.ending === 'open' || !reconnects)) return undefined
    const lastId = stream.items.findLast(({ id }) => id !== undefined)?.id
    const lastEventId = dialect === 'native' ? END_ID : lastId || undefined
    const exchange = await this.#requests.readAfter(
      lastEventId,
      ({ items }) => items.length > 0,
      performance.now() + this.#timing.promptMs,
    )
    return { lastEventId, exchange }
  }
}
