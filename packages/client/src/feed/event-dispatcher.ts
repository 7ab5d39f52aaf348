import { type Gap, SseError, type StreamContract } from '@sse/contract'
import { CONTROL, MAX_ID_CHARS } from '@sse/contract/protocol'
import type { StreamReceiver } from '../connection/attempt.ts'
import { isLastEventId } from '../connection/last-event-id.ts'
import { jitteredRetry, type ReconnectOptions } from '../connection/reconnect.ts'
import { ReconnectLoop, toSseError } from '../connection/reconnect-loop.ts'
import type { FeedStatus } from '../connection/status.ts'
import type { TokenRefresh } from '../connection/token-refresh.ts'
import type { IdStore } from '../storage/id-store.ts'
import type { PreparedRequest, Transport, TransportNote } from '../transport/transport.ts'
import {
  decodeRunEnd,
  decodeServerError,
  parseData,
  payloadReader,
  type ReadPayload,
} from './decode-event.ts'
import type { InvalidEvent } from './feed.ts'
import type { FeedProbe } from './inspect.ts'
import { Listeners, type NameSubscription } from './listeners.ts'

export interface DispatcherSettings {
  contract: StreamContract | undefined
  transport: Transport
  prepare: () => Promise<PreparedRequest>
  lastEventId: string | IdStore
  reconnect: Required<ReconnectOptions>
  idleTimeoutMs: number
  token: TokenRefresh | undefined
  onGap?: (gap: Gap) => unknown
  onInvalid?: (event: InvalidEvent) => void
  onError?: (error: unknown) => void
  onStatus: (status: FeedStatus) => void
  /** The feed, as inspectors see it. */
  inspected: { probe?: FeedProbe | undefined; note?: TransportNote | undefined }
}

/** Receives a feed's stream, checks each event against the contract, and delivers it to listeners and loops. */
export class EventDispatcher implements StreamReceiver {
  lastEventId = ''
  readonly listeners: Listeners
  readonly loop: ReconnectLoop
  readonly #settings: DispatcherSettings
  readonly #inspected: DispatcherSettings['inspected']
  readonly #store: IdStore | undefined
  #savedId: string | undefined
  /** `lastEventId` after the message before the current one. Messages without a use are not counted. */
  #previousId = ''
  #hasLoaded = false
  /** An id that is too long was reported. */
  #hasLongId = false

  constructor(settings: DispatcherSettings) {
    this.#settings = settings
    this.#inspected = settings.inspected
    const { contract, lastEventId, reconnect } = settings
    this.listeners = new Listeners((name) => payloadReader(contract, name))
    if (typeof lastEventId === 'string') this.lastEventId = lastEventId
    else this.#store = lastEventId
    const prepare = () => this.#prepare()
    this.loop = new ReconnectLoop({ ...settings, prepare, retry: jitteredRetry(reconnect) }, this)
  }

  eventNames(): string[] {
    return [...Object.keys(this.#settings.contract?.events ?? {}), ...this.listeners.names()]
  }

  onId(id: string): void {
    if (id.length <= MAX_ID_CHARS) this.lastEventId = id
    else if (!this.#hasLongId) {
      this.#hasLongId = true
      this.report(invalidId())
    }
  }

  /** Returns `false` for an event that nothing uses: its id is then kept by the reader, for the next event. */
  onMessage(event: string, data: string, id?: string): boolean {
    const subscription = this.listeners.of(event)
    const { probe } = this.#inspected
    const mayBeControl = event.charCodeAt(3) === DOT
    if (!subscription && !mayBeControl && !this.#store && !probe) return false
    if (id !== undefined) this.onId(id)
    probe?.message(event, data)
    if ((!mayBeControl || !this.#onControl(event, data)) && subscription?.read) {
      this.#deliver(event, data, subscription.read, subscription)
    }
    // After the listeners: an event counts as seen once they have it, a gap once `onGap` has settled.
    if (this.#store && !this.loop.isPaused('gap')) this.#save(this.#store)
    this.#previousId = this.lastEventId
    return true
  }

  onStatus(status: FeedStatus): void {
    this.#settings.onStatus(status)
  }

  onFailure(error: SseError): void {
    if (error.code !== 'dropped') this.report(error, silently)
  }

  onFault(error: unknown): void {
    this.report(error)
  }

  onNote(note: TransportNote): void {
    this.#inspected.note = note
    this.#inspected.probe?.note(note)
  }

  /** Calls the app's code. An error it throws, or rejects with, is reported, and the stream continues. */
  call(task: () => unknown): void {
    try {
      this.#own(task())
    } catch (error) {
      this.report(error)
    }
  }

  /** Reports to `onError`, else to `fallback`: by default where the platform shows uncaught errors. */
  report(error: unknown, fallback: (error: unknown) => void = globalThis.reportError ?? console.error): void {
    try {
      this.#own((this.#settings.onError ?? fallback)(error), console.error)
    } catch (thrown) {
      console.error(thrown)
    }
  }

  /** Handles the rejection of an async callback. */
  #own(result: unknown, handle = (error: unknown): void => this.report(error)): void {
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      Promise.resolve(result).catch(handle)
    }
  }

  async #prepare(): Promise<PreparedRequest> {
    // Once: a store that hangs delays the first attempt only, until it is idle.
    if (!this.#hasLoaded) await this.#load()
    return this.#settings.prepare()
  }

  async #load(): Promise<void> {
    this.#hasLoaded = true
    try {
      const id = (await this.#store?.load()) ?? ''
      if (!isLastEventId(id)) throw invalidId()
      // A store that hung while events arrived does not set the stream back.
      this.lastEventId ||= id
    } catch (error) {
      this.report(error)
    }
    this.#previousId = this.lastEventId
  }

  #save(store: IdStore): void {
    const id = this.lastEventId
    if (id === this.#savedId) return
    this.#savedId = id
    this.call(() => store.save(id))
  }

  /** Returns `false` for a name that is not a control event: a foreign server may use any name. */
  #onControl(event: string, data: string): boolean {
    if (event === CONTROL.end) this.loop.close('ended', decodeRunEnd(data))
    else if (event === CONTROL.error) this.loop.explain(decodeServerError(data))
    else if (event === CONTROL.gap) this.#onGap(data)
    else return event === CONTROL.open || event === CONTROL.heartbeat
    return true
  }

  #onGap(data: string): void {
    const { onGap } = this.#settings
    const subscription = this.listeners.of('gap')
    if (!subscription && !onGap) return
    const gap = this.#deliver('gap', data, parseData, subscription ?? NO_LISTENERS) as Gap | undefined
    if (gap && onGap && !this.loop.isClosed) this.#fillGap(() => onGap(gap))
  }

  /** Returns the payload; `undefined` if it is invalid. */
  #deliver(event: string, data: string, read: ReadPayload, subscription: NameSubscription): unknown {
    const { lastEventId: id } = this
    let payload: unknown
    try {
      payload = read(data)
    } catch (cause) {
      const message = `Event "${event}": ${(cause as Error).message}`
      this.#onInvalid({ event, data, id, error: new SseError('payload_invalid', message, { cause }) })
      return undefined
    }
    const meta = { event, id }
    const { listeners } = subscription
    for (const listener of listeners) {
      // A listener before it may have removed it.
      if (listeners !== subscription.listeners && !subscription.listeners.includes(listener)) continue
      // Written out: a function per listener and event took a tenth of an event's time.
      try {
        const result: unknown = listener(payload as never, meta)
        if (result) this.#own(result)
      } catch (error) {
        this.report(error)
      }
      if (this.loop.isClosed) return payload // a listener called `close()`: nothing more is delivered
    }
    if (this.listeners.hasLoops) this.listeners.queue({ event, payload, id })
    return payload
  }

  #onInvalid(invalid: InvalidEvent): void {
    const { onInvalid } = this.#settings
    this.#inspected.probe?.invalid(invalid)
    if (onInvalid) this.call(() => onInvalid(invalid))
    else this.report(invalid.error)
  }

  /** Holds the stream while the app loads what history no longer contains. */
  async #fillGap(fill: () => unknown): Promise<void> {
    const { loop } = this
    const beforeGap = this.#previousId
    try {
      const filling = fill()
      if (typeof filling !== 'object' || filling === null) return
      loop.pause('gap')
      const { resumeFrom } = ((await filling) ?? {}) as { resumeFrom?: unknown }
      if (!loop.isPaused('gap')) return
      if (typeof resumeFrom === 'string') this.#resumeAfter(resumeFrom)
      if (this.#store) this.#save(this.#store)
      loop.start()
    } catch (cause) {
      if (!loop.isPaused('gap')) return this.report(cause)
      // Resumes from before the gap: it is reported again, and the app loads again.
      this.#resumeAfter(beforeGap)
      loop.fail(toSseError(cause, 'onGap failed'))
    }
  }

  #resumeAfter(id: string): void {
    this.lastEventId = id
    this.#previousId = id
  }
}

/** Checked before the prefix, which takes Firefox 30 ns per event. */
const DOT = 46
const NO_LISTENERS: NameSubscription = { name: 'gap', listeners: [], read: undefined }

/** For what `status` shows. */
export const silently = (): void => {}

function invalidId(): SseError {
  return new SseError('last_event_id_invalid', 'Ignored an invalid last event id')
}
