import { connect, type Feed, type FeedStatus } from '@sse/client'
import { CONTROL } from '@sse/contract/protocol'
import type { EventLog, ExpectedEvents } from './event-log.ts'
import { GRACE_MS, ReceivedWindow } from './received-window.ts'
import type { SendTime } from './send-time.ts'
import { type Destination, type SocketObserver, socketTransport } from './socket-transport.ts'
import type { Tally } from './tally.ts'

export interface LoadConnectionOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly destination: Destination
  readonly localAddress: string | undefined
  readonly tally: Tally
  /** Absent if connections get different events. */
  readonly log: EventLog | undefined
  readonly sendTime: SendTime | undefined
}

const ignore = (): void => {}
const CONTROL_EVENTS: ReadonlySet<string> = new Set(Object.values(CONTROL))

/** One client of a load test: reconnects and resumes as a page does, because it is the same client. */
export class LoadConnection implements SocketObserver {
  readonly localAddress: string | undefined
  readonly #feed: Feed<Record<string, string>>
  readonly #tally: Tally
  readonly #log: EventLog | undefined
  readonly #sendTime: SendTime | undefined
  #openedAt = 0
  #hasOpened = false
  #isOpen = false
  /** What it has received of the log; absent before the first event. */
  #received: ReceivedWindow | undefined

  constructor(options: LoadConnectionOptions) {
    this.localAddress = options.localAddress
    this.#tally = options.tally
    this.#log = options.log
    this.#sendTime = options.sendTime
    this.#tally.started += 1
    this.#feed = connect(options.url, {
      headers: options.headers,
      transport: socketTransport(options.destination, this),
      fetch,
      onError: ignore,
    })
    this.#feed.onStatus((status) => this.#onStatus(status))
  }

  /** Resolves with the status after the first attempt: open, waiting or closed. */
  firstResult(): Promise<FeedStatus> {
    return new Promise((resolve) => {
      const off = this.#feed.onStatus((status) => {
        if (status.state === 'connecting') return
        off()
        resolve(status)
      })
    })
  }

  get isClosed(): boolean {
    return this.#feed.status.state === 'closed'
  }

  close(): void {
    this.#feed.close()
  }

  /**
   * Counts what it has missed of the expected events. Returns how many newer ones it lacks, if it is open.
   */
  finish(expected: ExpectedEvents): number {
    const received = this.#received
    const top = received?.top ?? -1
    received?.finish(expected.newest)
    const since = (top < 0 ? this.#openedAt : (received?.startedAt ?? 0)) + GRACE_MS
    return this.#isOpen ? expected.countAfter(top, since) : 0
  }

  opened(ms: number): void {
    this.#tally.connect.record(ms)
    this.#openedAt = performance.now()
  }

  received(bytes: number): void {
    this.#tally.bytes += bytes
  }

  event(name: string, data: string, id: string | undefined): void {
    const tally = this.#tally
    if (name === CONTROL.gap) {
      tally.gaps.add(gapReason(data))
      this.#received?.finish()
    }
    if (CONTROL_EVENTS.has(name)) return
    tally.events += 1
    const now = performance.now()
    if (this.#sendTime) this.#time(this.#sendTime.of(data), now)
    if (id === undefined) return
    tally.withId += 1
    if (this.#log) this.#compare(this.#log, id, now)
  }

  #time(sentAt: number | undefined, now: number): void {
    const tally = this.#tally
    if (sentAt === undefined) {
      tally.untimed += 1
      return
    }
    const { timeOrigin } = performance
    const ms = timeOrigin + now - sentAt
    if (sentAt < timeOrigin + this.#openedAt) tally.caughtUp += 1
    else if (ms < 0) tally.early += 1
    else tally.delivery.record(ms)
  }

  #compare(log: EventLog, id: string, now: number): void {
    const tally = this.#tally
    const { event, isFirst } = log.arrive(id, now)
    this.#received ??= new ReceivedWindow(tally)
    this.#received.receive(event.index, now)
    if (this.#sendTime || isFirst) return
    if (event.at < this.#openedAt) tally.caughtUp += 1
    else tally.delivery.record(now - event.at)
  }

  #onStatus(status: FeedStatus): void {
    const tally = this.#tally
    if (this.#isOpen) tally.open -= 1
    this.#isOpen = status.state === 'open'
    if (status.state === 'open') {
      tally.open += 1
      if (this.#hasOpened) tally.reconnects += 1
      else tally.opened += 1
      this.#hasOpened = true
    }
    if (status.state === 'waiting') tally.fail(status.error)
    if (status.state !== 'closed' || status.reason === 'closed' || status.reason === 'aborted') return
    if (status.reason === 'error') {
      tally.failed += 1
      tally.fail(status.error)
    } else tally.ended += 1
  }
}

function gapReason(data: string): string {
  try {
    const { reason } = JSON.parse(data)
    return typeof reason === 'string' ? reason : 'unknown'
  } catch {
    return 'unknown'
  }
}
