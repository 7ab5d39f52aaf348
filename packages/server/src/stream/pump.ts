import { SseError } from '@sse/contract'
import { CONTROL, END_ID, encodeComment, encodeMessage } from '@sse/contract/protocol'
import { type Periodic, startPeriodic, stopPeriodic, unref } from '../timing/periodic.ts'
import type { ConnectionHandle, Sender } from './connection-handle.ts'
import type { Sink } from './sink.ts'
import { type EventIterator, isThenable, iterate, type Pulled } from './source.ts'
import { WriteBatcher } from './write-batcher.ts'

/** How long a generator may stay parked after its client left before it is named in a warning. */
const PARKED_WARNING_MS = 10_000
const HEARTBEAT = encodeComment()
const END = encodeMessage({ event: CONTROL.end, id: END_ID })

/** Fills a connection from an iterator: pulls it while the sink has room. */
export class Pump implements Sender, Periodic {
  readonly ready: Promise<void> | undefined
  readonly #host: ConnectionHandle
  readonly #encode: (item: unknown) => string
  #iterator: EventIterator | undefined
  #first: Pulled | undefined
  #batcher: WriteBatcher | undefined
  #isWaitingForRoom = false

  /** @throws {SseError} `source_invalid`. */
  constructor(source: unknown, host: ConnectionHandle, encode: (item: unknown) => string) {
    this.#host = host
    this.#encode = encode
    this.#iterator = iterate(source, host.path)
    if (!host.isClosed) this.ready = this.#pullFirst()
  }

  start(sink: Sink, preamble: string): void {
    this.#batcher = new WriteBatcher(sink, this.#onRoom)
    startPeriodic(this, this.#host.heartbeatMs)
    if (preamble) this.#batcher.send(preamble)
    const first = this.#first as Pulled
    this.#first = undefined
    this.#onPulled(first)
  }

  drained(): void {
    this.#batcher?.drained()
  }

  tick(): void {
    // A full socket needs no proof of life, and would only grow.
    if (this.#batcher && !this.#batcher.full) this.#batcher.send(HEARTBEAT)
  }

  stop(lastFrame?: string): boolean {
    const batcher = this.#batcher
    stopPeriodic(this, this.#host.heartbeatMs)
    this.#release()
    if (!batcher) return false
    if (lastFrame === undefined) batcher.discard()
    else {
      batcher.send(lastFrame)
      batcher.end()
    }
    return true
  }

  async #pullFirst(): Promise<void> {
    const pulled = this.#iterator?.next()
    this.#first = await (pulled as Pulled | PromiseLike<Pulled>)
  }

  #pull(): void {
    for (;;) {
      if (!this.#iterator) return
      if (this.#batcher?.full) {
        this.#isWaitingForRoom = true
        return
      }
      let pulled: Pulled | PromiseLike<Pulled>
      try {
        pulled = this.#iterator.next()
      } catch (error) {
        return this.#onFailure(error)
      }
      if (isThenable(pulled)) {
        pulled.then(this.#onPulled, this.#onFailure)
        return
      }
      if (!this.#take(pulled)) return
    }
  }

  /** Sends what was pulled; whether to pull on. */
  #take(pulled: Pulled): boolean {
    if (this.#host.isClosed) return false
    if (pulled.done) {
      this.#iterator = undefined
      this.#host.end(END)
      return false
    }
    try {
      this.#batcher?.send(this.#encode(pulled.value))
      return true
    } catch (error) {
      this.#refuse(error)
      return false
    }
  }

  /** A yielded value that can't be sent is an error at its `yield`. */
  #refuse(error: unknown): void {
    const iterator = this.#iterator
    if (!iterator?.throw) return this.#onFailure(error)
    try {
      const pulled = iterator.throw(error)
      if (isThenable(pulled)) pulled.then(this.#onPulled, this.#onFailure)
      else this.#onPulled(pulled)
    } catch (thrown) {
      this.#onFailure(thrown)
    }
  }

  /** Asks the source to finish, without waiting: `return()` queues behind a `next()` that may never settle. */
  #release(): void {
    const iterator = this.#iterator
    this.#iterator = undefined
    if (!iterator?.return) return
    let returned: unknown
    try {
      returned = iterator.return()
    } catch (error) {
      return this.#host.report(error)
    }
    if (!isThenable(returned)) return
    const timer = setTimeout(() => {
      this.#host.report(
        new SseError(
          'source_parked',
          `The source of ${this.#host.path} is still waiting ${PARKED_WARNING_MS / 1000} s after its client left; pass the context's signal to what it awaits`,
        ),
      )
    }, PARKED_WARNING_MS)
    unref(timer)
    returned.then(
      () => clearTimeout(timer),
      (error) => {
        clearTimeout(timer)
        this.#host.report(error)
      },
    )
  }

  readonly #onPulled = (pulled: Pulled): void => {
    if (this.#take(pulled)) this.#pull()
  }

  readonly #onRoom = (): void => {
    if (!this.#isWaitingForRoom || this.#host.isClosed) return
    this.#isWaitingForRoom = false
    this.#pull()
  }

  readonly #onFailure = (error: unknown): void => this.#host.fail(error)
}
