import { type Gap, SseError, type StreamContract } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import { Acknowledgements } from '../acknowledge/acknowledgements.ts'
import { asSseError, type ConnectionSettings, LiveConnection } from '../connection/live-connection.ts'
import type { FeedStatus } from '../connection/status.ts'
import type { TransportNote } from '../transport/transport.ts'
import { decodeServerError, payloadReader } from './decode-event.ts'
import type { Overflow } from './event-queue.ts'
import type { InvalidEvent } from './feed.ts'
import type { FeedProbe, InspectableFeed } from './inspect.ts'
import { type AnyEvent, type Listener, Listeners, type NameSubscription } from './listeners.ts'

export interface FeedSettings extends ConnectionSettings {
  contract: StreamContract | undefined
  maxQueued: number
  overflow: Overflow
  onGap?: (gap: Gap) => unknown
  onInvalid?: (event: InvalidEvent) => void
  onError?: (error: unknown) => void
}

/** The one implementation of `Feed`: what its connection hears, checked by the contract, goes to whoever listens. */
export class StreamFeed implements InspectableFeed {
  declare probe?: FeedProbe
  declare note?: TransportNote
  readonly #settings: FeedSettings
  readonly #listeners: Listeners
  readonly #statusListeners = new Set<(status: FeedStatus) => void>()
  readonly #acknowledgements: Acknowledgements
  readonly #connection: LiveConnection

  constructor(settings: FeedSettings) {
    this.#settings = settings
    this.#listeners = new Listeners((name) => payloadReader(settings.contract, name))
    const onError = (error: unknown): void => this.#report(error, nowhere)
    this.#connection = new LiveConnection(settings, {
      eventNames: () => [...Object.keys(settings.contract?.events ?? {}), ...this.#listeners.names()],
      onMessage: (event, data) => this.#onMessage(event, data),
      onStatus: (status) => this.#onStatus(status),
      onNote: (note) => {
        this.note = note
        this.probe?.note(note)
      },
      onError,
    })
    this.#acknowledgements = new Acknowledgements({
      prepare: settings.prepare,
      refresh: settings.refresh && (() => this.#connection.refresh()),
      onError,
    })
  }

  get status(): FeedStatus {
    return this.#connection.status
  }

  get lastEventId(): string {
    return this.#connection.lastEventId
  }

  get retryMs(): number {
    return this.#connection.retryMs
  }

  get dropped(): number {
    return this.#listeners.dropped
  }

  on(name: string, listener: Listener): () => void {
    this.#listeners.add(name, listener)
    this.#connection.listen(name)
    return () => this.off(name, listener)
  }

  off(name: string, listener: Listener): void {
    this.#listeners.delete(name, listener)
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  ack(id: string): Promise<void> {
    return this.#acknowledgements.send(id)
  }

  close(): void {
    this.finish('closed')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyEvent & never> {
    const { maxQueued, overflow } = this.#settings
    const queue = this.#listeners.loop(maxQueued, overflow)
    if (this.#connection.isClosed) queue.finish(failure(this.status))
    return queue as AsyncIterator<AnyEvent & never>
  }

  /** Ends the feed with the reason its status then shows. */
  finish(reason: 'closed' | 'aborted' | 'ended' | SseError): void {
    this.#connection.finish(reason)
  }

  #onStatus(status: FeedStatus): void {
    for (const listener of this.#statusListeners) this.#call(() => listener(status))
    if (status.state === 'open') this.#acknowledgements.flush()
    if (status.state !== 'closed') return
    const error = failure(status)
    // A loop throws it; without one, nobody may be looking.
    if (error) this.#report(error, this.#listeners.hasLoops ? nowhere : console.error)
    this.#listeners.finish(error)
  }

  #onMessage(event: string, data: string): void {
    this.probe?.message(event, data)
    if (event.charCodeAt(3) === DOT && event.startsWith('sse.')) return this.#onControl(event, data)
    this.#connection.progressed()
    if (event !== 'gap') this.#deliver(event, data, this.#listeners.of(event)) // the word is the client's own
  }

  #onControl(event: string, data: string): void {
    const connection = this.#connection
    if (event === CONTROL.end) return connection.finish('ended')
    if (event === CONTROL.error) return connection.failed(decodeServerError(data))
    // A greeting is no progress: a server may fall over right after it.
    if (event !== CONTROL.open) connection.progressed()
    if (event !== CONTROL.gap) return
    const { onGap } = this.#settings
    const heard = this.#listeners.of('gap') ?? (onGap && { listeners: [], read: JSON.parse })
    const gap = this.#deliver('gap', data, heard) as Gap | undefined
    if (gap && onGap) this.#fillGap(() => onGap(gap))
  }

  /** @returns the payload, if there is one for anybody. */
  #deliver(event: string, data: string, heard: NameSubscription | undefined): unknown {
    if (!heard?.read) return
    const { lastEventId: id } = this
    let payload: unknown
    try {
      payload = heard.read(data)
    } catch (cause) {
      const error = new SseError('payload_invalid', `Event "${event}": ${(cause as Error).message}`, {
        cause,
      })
      return this.#onInvalid({ event, data, id, error })
    }
    const meta = { event, id }
    const { listeners } = heard
    for (const listener of listeners) {
      // One before it may have taken it off.
      if (listeners !== heard.listeners && !heard.listeners.includes(listener)) continue
      // Written out: a function for each listener and event took a tenth of an event's time.
      try {
        listener(payload as never, meta)
      } catch (error) {
        this.#report(error)
      }
      if (this.#connection.isClosed) return // what follows a `close()` in a listener is not delivered
    }
    if (this.#listeners.hasLoops) this.#listeners.queue({ event, payload, id })
    return payload
  }

  #onInvalid(invalid: InvalidEvent): void {
    const { onInvalid } = this.#settings
    this.probe?.invalid(invalid)
    if (onInvalid) this.#call(() => onInvalid(invalid))
    else this.#report(invalid.error)
  }

  /** Holds the stream while the app fetches what history no longer has. */
  async #fillGap(fetchState: () => unknown): Promise<void> {
    const connection = this.#connection
    const { previousId } = connection
    try {
      const filling = fetchState()
      if (typeof filling !== 'object' || filling === null) return
      connection.pause('gap')
      const { resumeFrom } = ((await filling) ?? {}) as { resumeFrom?: unknown }
      if (!connection.isPaused('gap')) return
      if (typeof resumeFrom === 'string') connection.moveTo(resumeFrom)
      connection.resume()
    } catch (cause) {
      if (!connection.isPaused('gap')) return this.#report(cause)
      // From where it was: the gap is told again, and the app fetches again.
      connection.moveTo(previousId)
      connection.resume(asSseError(cause, 'onGap failed'))
    }
  }

  /** The app's code: what it throws is reported, and the stream goes on. */
  #call(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#report(error)
    }
  }

  /** To `onError`, else to `fallback`: by default where the platform shows uncaught errors. */
  #report(
    error: unknown,
    fallback: (error: unknown) => void = globalThis.reportError ?? console.error,
  ): void {
    try {
      ;(this.#settings.onError ?? fallback)(error)
    } catch (thrown) {
      console.error(thrown)
    }
  }
}

/** Looked at before the whole prefix: Firefox takes 30 ns for that, with each event. */
const DOT = 46

/** For what `status` shows already. */
const nowhere = (): void => {}

function failure(status: FeedStatus): SseError | undefined {
  return status.state === 'closed' && status.reason === 'error' ? status.error : undefined
}
