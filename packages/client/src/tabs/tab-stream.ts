import type { SseError } from '@sse/contract'
import { MAX_ID_CHARS } from '@sse/contract/protocol'
import type { StreamReceiver } from '../connection/attempt.ts'
import { DEFAULT_RECONNECT, jitteredRetry } from '../connection/reconnect.ts'
import { ReconnectLoop } from '../connection/reconnect-loop.ts'
import type { EndReason, FeedStatus } from '../connection/status.ts'
import type {
  PreparedRequest,
  Transport,
  TransportEvents,
  TransportNote,
  TransportRequest,
} from '../transport/transport.ts'
import type { RelayedEvent, RelayHistory, RelayPosition } from './relay-history.ts'
import { fromPlainError, type LeaderStatus, type PlainError, toPlainError } from './tab-messages.ts'

/** Time for which the first request counts as fresh, in milliseconds. */
const FRESH_MS = 1_000

export interface StreamSettings {
  readonly inner: Transport
  readonly request: TransportRequest
  /** When the request was made. A later attempt makes it again. */
  readonly madeAt: number
  /** The feed of this tab. */
  readonly events: TransportEvents
  /** Event names that any tab listens to. */
  readonly names: Set<string>
}

/** The current role of the tab, as far as the tab's own connection concerns it. */
export interface OwnConnectionObserver {
  /** A block arrived; without an event, it only set the id. */
  onOwnEvent?(event?: string, data?: string): void
  /** All blocks of a chunk were received. */
  onOwnSettled(): void
  onOwnActivity?(): void
  onOwnHeartbeat?(): void
  onOwnStatus?(status: LeaderStatus): void
  onOwnEnd?(reason: PlainError | EndReason): void
}

/** What a tab knows of the shared stream, in every role: its position, the leader's state, and its own connection. */
export class TabStream implements StreamReceiver {
  readonly names: Set<string>
  /** Receives what the own connection reports. */
  observer: OwnConnectionObserver | undefined
  lastEventId: string
  /** Whether the newest event set `lastEventId`: only then does the id mark this tab's position. */
  isExact = true
  /** Whether the block being received set the id. */
  hasFreshId = false
  /** Position in what leaders relay; `undefined` while unknown. */
  position: RelayPosition | undefined
  history: RelayHistory | undefined
  /** Term of the newest leader: from the clock, and never below one that was seen. */
  term = 0
  status: LeaderStatus = { state: 'connecting', retryMs: 0 }
  /** This tab's connection, to lead or to catch up. */
  own: ReconnectLoop | undefined
  readonly #settings: StreamSettings
  readonly #events: TransportEvents
  #isOpenReported = false
  #isSettling = false

  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#events = settings.events
    this.names = settings.names
    this.lastEventId = settings.request.lastEventId
  }

  /** Id that marks this tab's position; `undefined` if its newest event has none. */
  get exactId(): string | undefined {
    return this.isExact ? this.lastEventId : undefined
  }

  /** Opens the tab's own connection, after a delay in milliseconds if one is given. */
  openOwn(delayMs = 0): void {
    const { inner: transport, request } = this.#settings
    const reconnect = request.reconnect ?? DEFAULT_RECONNECT
    const prepare = () => this.#prepare()
    const { retryMs } = this.status // as the last leader received it
    const retry = jitteredRetry(reconnect)
    this.own = new ReconnectLoop({ transport, prepare, reconnect, retry, retryMs }, this)
    this.own.start(delayMs)
  }

  closeOwn(): void {
    this.own?.close('closed')
    this.own = undefined
  }

  /** Delivers relayed events to this tab's feed. */
  deliver(entries: readonly RelayedEvent[]): void {
    for (const { id, setsId, event, data } of entries) {
      if (!this.observer) return // a listener closed the feed
      if (setsId) {
        this.lastEventId = id
        this.#events.onId(id)
      }
      this.isExact = setsId === true
      if (event !== undefined) this.#events.onMessage(event, data ?? '')
    }
  }

  setLeaderStatus(status: LeaderStatus): void {
    const { retryMs } = this.status
    this.status = status
    if (status.retryMs !== retryMs) this.#events.onRetry(status.retryMs)
  }

  reportOpen(): void {
    if (this.#isOpenReported) return
    this.#isOpenReported = true
    this.#events.onOpen()
  }

  reportWaiting({ error, retryAt }: LeaderStatus): void {
    this.#isOpenReported = false
    if (error) this.#events.onWaiting(fromPlainError(error), retryAt)
  }

  reportActivity(isHeartbeat = false): void {
    this.#events.onActivity()
    if (isHeartbeat) this.#events.onHeartbeat()
  }

  reportEnd(reason: PlainError | EndReason): void {
    this.#events.onEnd(typeof reason === 'string' ? reason : fromPlainError(reason))
  }

  // What the own connection reports

  eventNames(): Iterable<string> {
    return this.names
  }

  onId(id: string): void {
    // The feed reports it, and the events after it have no id for the other tabs.
    if (id.length > MAX_ID_CHARS) return this.#events.onId(id)
    if (this.hasFreshId) this.observer?.onOwnEvent?.() // the block before it only set an id
    this.lastEventId = id
    this.isExact = true
    this.hasFreshId = true
    this.#settleSoon()
    this.#events.onId(id)
  }

  onMessage(event: string, data: string, id?: string): void {
    if (id !== undefined) this.onId(id)
    this.isExact = this.hasFreshId
    // First to other tabs: this tab's listeners may close it.
    this.observer?.onOwnEvent?.(event, data)
    this.hasFreshId = false
    this.#settleSoon()
    this.#events.onMessage(event, data)
  }

  onActivity(): void {
    this.#events.onActivity()
    this.observer?.onOwnActivity?.()
  }

  onHeartbeat(): void {
    this.#events.onHeartbeat()
    this.observer?.onOwnHeartbeat?.()
  }

  onRetry(retryMs: number): void {
    this.observer?.onOwnStatus?.({ ...this.status, retryMs })
    this.#events.onRetry(retryMs)
  }

  onFailure(error: SseError, retryAt: number | undefined): void {
    this.#isOpenReported = false
    const { retryMs } = this.status
    this.observer?.onOwnStatus?.({ state: 'waiting', retryMs, error: toPlainError(error), retryAt })
    this.#events.onWaiting(error, retryAt)
  }

  onStatus(status: FeedStatus): void {
    if (status.state === 'open') {
      this.observer?.onOwnStatus?.({ state: 'open', retryMs: this.status.retryMs })
      this.reportOpen()
    } else if (status.state === 'closed' && (status.reason === 'ended' || status.reason === 'no_content')) {
      this.observer?.onOwnEnd?.(status.reason)
      this.#events.onEnd(status.reason)
    } else if (status.state === 'closed' && status.reason === 'error') {
      this.observer?.onOwnEnd?.(toPlainError(status.error))
      this.#events.onEnd(status.error)
    }
  }

  onNote(note: TransportNote): void {
    this.#events.onNote?.(note)
  }

  async #prepare(): Promise<PreparedRequest> {
    const { request, madeAt } = this.#settings
    if (Date.now() < madeAt + FRESH_MS) return request
    return (await request.prepare?.()) ?? request
  }

  /** Once for all blocks of a chunk. */
  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    queueMicrotask(() => {
      this.#isSettling = false
      this.observer?.onOwnSettled()
    })
  }
}
