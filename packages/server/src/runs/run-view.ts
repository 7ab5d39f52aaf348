import { type Gap, SseError } from '@sse/contract'
import type { LogEvent } from '../hub/log-event.ts'
import type { ConnectionHandle, OpenableSource, Sender } from '../stream/connection-handle.ts'
import { type CursorContext, RunCursor } from './run-cursor.ts'
import { RunSender } from './run-sender.ts'
import type { RunOutcome } from './run-state.ts'

/**
 * A run as one viewer sees it: everything from its start, or after the id that the viewer has, then live, then the end.
 * The source of a stream, or something to loop over.
 */
export class RunView implements OpenableSource {
  readonly #context: CursorContext
  readonly #begin: () => string | Promise<string>
  readonly #after: string | undefined

  /** @param begin - returns the run's id, once it may be read. Called for each reading. */
  constructor(context: CursorContext, begin: () => string | Promise<string>, after: string | undefined) {
    this.#context = context
    this.#begin = begin
    this.#after = after || undefined
  }

  '@sse/open'(handle: ConnectionHandle): Sender {
    if (handle.isClosed) return CLOSED_SENDER
    const { hub } = this.#context.log
    hub['@sse/admit'](handle)
    const cursor = new RunCursor(this.#context, this.#begin, this.#after ?? handle.lastEventId)
    return new RunSender(hub.senderContext, handle, cursor)
  }

  [Symbol.asyncIterator](): AsyncIterator<LogEvent, RunOutcome | undefined> {
    return new RunLoop(this.#context, new RunCursor(this.#context, this.#begin, this.#after))
  }
}

/** One loop over a run: pulls its events. */
class RunLoop implements AsyncIterator<LogEvent, RunOutcome | undefined> {
  readonly #context: CursorContext
  readonly #cursor: RunCursor
  #events: AsyncIterator<LogEvent, unknown> | undefined
  #isClosed = false

  constructor(context: CursorContext, cursor: RunCursor) {
    this.#context = context
    this.#cursor = cursor
  }

  /** @throws {SseError} `run_unknown`, `hub_closed`, errors of the engine; the loop is over then. */
  async next(): Promise<IteratorResult<LogEvent, RunOutcome | undefined>> {
    const cursor = this.#cursor
    try {
      for (;;) {
        if (this.#isClosed) return { done: true, value: undefined }
        if (!this.#events && !cursor.outcome) await this.#open()
        const gap = cursor.takeGap()
        if (gap) return { done: false, value: gap }
        if (cursor.outcome) return this.#finish(cursor.outcome)
        const pulled = await this.#events?.next()
        if (this.#isClosed) continue
        if (!pulled || pulled.done) throw new SseError('hub_closed', 'The runs are closed')
        if (this.#take(pulled.value)) return { done: false, value: pulled.value }
      }
    } catch (error) {
      this.return()
      throw error
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isClosed = true
    this.#cursor.close()
    this.#stopReading()
    return { done: true, value: undefined }
  }

  #finish(outcome: RunOutcome): IteratorReturnResult<RunOutcome> {
    this.return()
    return { done: true, value: outcome }
  }

  async #open(): Promise<void> {
    const place = await this.#cursor.open()
    if (!place || this.#isClosed) return
    const { control, events, after } = place
    const subscription = this.#context.log.hub.subscribe([control, events], { after })
    this.#events = subscription[Symbol.asyncIterator]() as AsyncIterator<LogEvent>
  }

  /** Returns whether the entry is an event to deliver. */
  #take(entry: LogEvent): boolean {
    const { event, channel, id, payload } = entry
    const position = this.#context.log.positionOf(id)
    const verdict =
      event === 'gap'
        ? this.#cursor.missed((payload as Gap).reason)
        : this.#cursor.take({ event, channel, position, payload: () => payload })
    if (verdict === 'reopen' || verdict === 'ended') this.#stopReading()
    return verdict === 'deliver'
  }

  #stopReading(): void {
    this.#events?.return?.()
    this.#events = undefined
  }
}

/** For a client that has left: opens nothing. */
const CLOSED_SENDER: Sender = { ready: undefined, start() {}, drained() {}, stop: () => false }
