import type { Gap } from '@sse/contract'
import { EncodedEvent } from '@sse/contract/protocol'
import { NATIVE } from '../dialects/native.ts'
import type { LogEvent } from '../hub/log-event.ts'
import type { RunOutcome } from '../runs/run-state.ts'
import { isThenable } from '../timing/is-thenable.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { ConnectionHandle, Sender } from './connection-handle.ts'
import { releaseSource } from './release-source.ts'
import type { Sink } from './sink.ts'
import { type EventIterator, iterate, type Pulled } from './source.ts'

/**
 * Characters of one turn that are written at once even if the turn continues. Measured with payloads of 100 bytes,
 * as events per CPU second relative to 64 KB, with 1 / with 100 connections: 4 KB 0.55 / 0.65, 16 KB 0.8 / 0.9,
 * 32 KB 0.9 / 1.1, 256 KB 0.85 / 0.5.
 */
const MAX_BATCH_CHARS = 65_536

/**
 * Fills a connection from an iterator. It pulls while the sink has room, and writes everything it pulled within one
 * turn of the event loop in one write. A connection whose client reads nothing holds at most one batch and one event
 * beyond the response's own buffer.
 */
export class Pump implements Sender, Periodic {
  readonly ready: Promise<void>
  readonly #handle: ConnectionHandle
  readonly #encode: (item: unknown) => string
  readonly #isRun: boolean
  readonly #isNative: boolean
  #iterator: EventIterator | undefined
  #first: Pulled | undefined
  #sink: Sink | undefined
  #batch = ''
  #isScheduled = false
  /** The peer's window is full. */
  #isFull = false
  /** This turn has written `MAX_BATCH_CHARS`: timers and disconnects come first. */
  #isResting = false
  /** Pulling stopped because of either. */
  #isPaused = false

  /**
   * @param isRun - whether what the source returns says how a run ended.
   * @throws {SseError} `source_invalid`.
   */
  constructor(
    source: unknown,
    handle: ConnectionHandle,
    encode: (item: unknown) => string,
    isRun: boolean = false,
  ) {
    this.#handle = handle
    this.#encode = encode
    this.#isRun = isRun
    this.#isNative = handle.control === NATIVE
    this.#iterator = iterate(source, handle.path)
    this.ready = this.#pullFirst(this.#iterator)
  }

  start(sink: Sink, preamble: string): void {
    this.#sink = sink
    startPeriodic(this, this.#handle.heartbeatMs)
    if (preamble) this.#send(preamble)
    const first = this.#first as Pulled
    this.#first = undefined
    this.#onPulled(first)
  }

  drained(): void {
    this.#isFull = false
    this.#resume()
  }

  tick(): void {
    // A full socket needs no proof of life; the heartbeats would only accumulate.
    if (!this.#isFull && !this.#isResting) this.#send(this.#handle.control.heartbeat(undefined, this.#handle))
  }

  stop(lastFrame?: string): boolean {
    const sink = this.#sink
    const iterator = this.#iterator
    stopPeriodic(this, this.#handle.heartbeatMs)
    this.#iterator = undefined
    if (iterator) releaseSource(iterator, this.#handle)
    if (sink && lastFrame !== undefined) {
      this.#batch += lastFrame
      this.#flush()
      sink.end()
    }
    this.#sink = undefined
    return sink !== undefined
  }

  async #pullFirst(iterator: EventIterator): Promise<void> {
    this.#first = await iterator.next()
  }

  #pull(): void {
    for (;;) {
      if (!this.#iterator) return
      if (this.#isFull || this.#isResting) {
        this.#isPaused = true
        return
      }
      let pulled: Pulled | PromiseLike<Pulled>
      try {
        pulled = this.#iterator.next()
        if (isThenable(pulled)) {
          pulled.then(this.#onPulled, this.#onFailure)
          return
        }
      } catch (error) {
        return this.#onFailure(error)
      }
      if (!this.#take(pulled)) return
    }
  }

  /** Sends what was pulled. Returns whether to continue pulling. */
  #take(pulled: Pulled): boolean {
    if (this.#handle.isClosed) return false
    let done: boolean | undefined
    let value: unknown
    try {
      // An iterator of the app's may give anything, such as `undefined`.
      ;({ done, value } = pulled)
    } catch (error) {
      this.#onFailure(error)
      return false
    }
    if (done) {
      this.#iterator = undefined
      this.#handle.end(this.#isRun ? (value as RunOutcome | undefined) : undefined)
      return false
    }
    try {
      this.#send(value instanceof EncodedEvent ? this.#frameOf(value) : this.#encode(value))
      this.#handle.eventSent()
      return true
    } catch (error) {
      // A plain generator does not await what it yields.
      if (isThenable(value)) value.then(undefined, (cause) => this.#handle.report(cause))
      this.#reject(error)
      return false
    }
  }

  /** A loop over a subscription gives gaps in the native dialect. */
  #frameOf(event: EncodedEvent): string {
    if (this.#isNative || event.event !== 'gap') return event.frame
    const { id, payload } = event as LogEvent
    return this.#handle.control.gap(payload as Gap, id, this.#handle)
  }

  /** Throws an error into the source at its `yield`: the yielded value could not be encoded. */
  #reject(error: unknown): void {
    const iterator = this.#iterator
    try {
      if (!iterator?.throw) return this.#onFailure(error)
      const pulled = iterator.throw(error)
      if (isThenable(pulled)) pulled.then(this.#onPulled, this.#onFailure)
      else this.#onPulled(pulled)
    } catch (thrown) {
      this.#onFailure(thrown)
    }
  }

  #send(frame: string): void {
    this.#batch += frame
    if (this.#batch.length >= MAX_BATCH_CHARS) {
      this.#flush()
      // A source that never waits would starve timers and disconnects.
      this.#isResting = true
      nextTurn(this.#onRested)
    } else if (!this.#isScheduled) {
      this.#isScheduled = true
      this.#sink?.afterTurn(this.#onTurnEnd)
    }
  }

  #flush(): void {
    const batch = this.#batch
    this.#batch = ''
    if (batch !== '' && this.#sink && !this.#sink.write(batch)) this.#isFull = true
  }

  /** Pulls again after a pause, once nothing stands in the way. */
  #resume(): void {
    if (!this.#isPaused || this.#isFull || this.#isResting || this.#handle.isClosed) return
    this.#isPaused = false
    this.#pull()
  }

  readonly #onPulled = (pulled: Pulled): void => {
    if (this.#take(pulled)) this.#pull()
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false
    this.#flush()
  }

  readonly #onRested = (): void => {
    this.#isResting = false
    this.#resume()
  }

  readonly #onFailure = (error: unknown): void => this.#handle.fail(error)
}
