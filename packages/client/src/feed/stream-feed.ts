import { SseError } from '@sse/contract'
import { Acknowledgements } from '../actions/acknowledgements.ts'
import { type ActionSettings, sendAction } from '../actions/send-action.ts'
import type { watchPage } from '../connection/page-life-cycle.ts'
import type { FeedStatus, RunEnd } from '../connection/status.ts'
import { TokenRefresh } from '../connection/token-refresh.ts'
import type { TransportNote } from '../transport/transport.ts'
import { decodeRunEnd } from './decode-event.ts'
import { type DispatcherSettings, EventDispatcher, silently } from './event-dispatcher.ts'
import type { Overflow } from './event-queue.ts'
import type { FeedProbe, InspectableFeed } from './inspect.ts'
import type { AnyEvent, Listener } from './listeners.ts'

/** Longest wait for the answer to an acknowledgement or a stop, in milliseconds: a feed may have no idle timeout. */
const MAX_ANSWER_MS = 30_000

export interface FeedSettings extends Omit<DispatcherSettings, 'token' | 'onStatus' | 'inspected'> {
  maxQueued: number
  overflow: Overflow
  refresh?: () => unknown
  /** Absent for a stream that cannot be reopened: it does not pause with its page. */
  watchPage?: typeof watchPage
}

/** The implementation of `Feed`. Its `EventDispatcher` receives the stream. */
export class StreamFeed implements InspectableFeed {
  declare probe?: FeedProbe
  declare note?: TransportNote
  readonly #settings: FeedSettings
  readonly #dispatcher: EventDispatcher
  readonly #acknowledgements: Acknowledgements
  readonly #actions: ActionSettings
  readonly #statusListeners = new Set<(status: FeedStatus) => void>()
  #unwatchPage: (() => void) | undefined
  #isReopening = false

  constructor(settings: FeedSettings) {
    this.#settings = settings
    const { prepare, refresh, idleTimeoutMs } = settings
    const token = refresh && new TokenRefresh(() => refresh())
    const onStatus = (status: FeedStatus): void => this.#onStatus(status)
    const dispatcher = new EventDispatcher({ ...settings, token, onStatus, inspected: this })
    this.#dispatcher = dispatcher
    const onError = (error: unknown): void => dispatcher.report(error, silently)
    this.#actions = { prepare, token, timeoutMs: Math.min(idleTimeoutMs, MAX_ANSWER_MS) }
    this.#acknowledgements = new Acknowledgements({ ...this.#actions, onError })
    // In a later turn: listeners added after `connect()` miss nothing, not even a failure.
    Promise.resolve().then(() => {
      if (this.status.state === 'connecting') dispatcher.loop.start()
    })
  }

  get status(): FeedStatus {
    return this.#dispatcher.loop.status
  }

  get lastEventId(): string {
    return this.#dispatcher.lastEventId
  }

  get retryMs(): number {
    return this.#dispatcher.loop.retryMs
  }

  get dropped(): number {
    return this.#dispatcher.listeners.dropped
  }

  on(name: string, listener: Listener): () => void {
    this.#dispatcher.listeners.add(name, listener)
    this.#dispatcher.loop.listen(name)
    return () => this.off(name, listener)
  }

  off(name: string, listener: Listener): void {
    this.#dispatcher.listeners.delete(name, listener)
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  ack(id: string): Promise<void> {
    return this.#acknowledgements.send(id)
  }

  stop(): Promise<RunEnd> {
    const stopping = this.#stop()
    stopping.catch(silently) // the promise may be ignored: the failure was reported
    return stopping
  }

  reopen(): void {
    const { loop } = this.#dispatcher
    this.#isReopening = !!this.#settings.watchPage
    // In a later turn: an app may call this while it learns that the feed is closed.
    Promise.resolve().then(() => {
      if (this.#isReopening) loop.reopen()
      this.#isReopening = false
    })
  }

  close(): void {
    this.#isReopening = false
    this.#dispatcher.loop.close('closed')
  }

  abort(): void {
    this.#dispatcher.loop.close('aborted')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyEvent & never> {
    const { maxQueued, overflow } = this.#settings
    const queue = this.#dispatcher.listeners.loop(maxQueued, overflow)
    if (this.status.state === 'closed') queue.finish(failureOf(this.status))
    return queue as AsyncIterator<AnyEvent & never>
  }

  async #stop(): Promise<RunEnd> {
    try {
      const end = this.status.end ?? decodeRunEnd(await sendAction(this.#actions, 'stop'))
      if (end) return end
      throw new SseError('content_type', 'Not the end of a run', { status: 200 })
    } catch (error) {
      this.#dispatcher.report(error, silently)
      throw error
    }
  }

  #onStatus(status: FeedStatus): void {
    for (const listener of this.#statusListeners) {
      // A listener before it may have closed the feed: this one knows already.
      if (this.status === status) this.#dispatcher.call(() => listener(status))
    }
    if (this.status !== status) return
    if (status.state !== 'closed') this.#unwatchPage ??= this.#settings.watchPage?.(this.#dispatcher.loop)
    if (status.state === 'open') this.#acknowledgements.flush()
    if (status.state !== 'closed') return
    this.#unwatchPage?.()
    this.#unwatchPage = undefined
    const error = failureOf(status)
    const { listeners } = this.#dispatcher
    // A loop throws it. Without one, the app may not notice.
    if (error) this.#dispatcher.report(error, listeners.hasLoops ? silently : console.error)
    listeners.finish(error)
  }
}

function failureOf(status: FeedStatus): SseError | undefined {
  return status.state === 'closed' && status.reason === 'error' ? status.error : undefined
}
