import { type Gap, SseError } from '@sse/contract'
import { type LogEvent, makeGapEvent } from '../hub/log-event.ts'
import type { ConnectionHandle, OpenableSource, Sender } from '../stream/connection-handle.ts'
import { NOTHING_TO_STREAM } from '../stream/nothing-to-stream.ts'
import { type Begin, type CursorContext, RunCursor } from './run-cursor.ts'
import { RunSender } from './run-sender.ts'
import type { RunOutcome } from './run-state.ts'
import type { FollowOptions } from './runs.ts'

/**
 * A run as one viewer sees it: everything from its start, or after the id that the viewer has, then live, then the end.
 * The source of a stream, or something to loop over.
 */
export class RunView implements OpenableSource {
  readonly #context: CursorContext
  readonly #begin: Begin
  readonly #options: FollowOptions

  constructor(context: CursorContext, begin: Begin, options: FollowOptions) {
    this.#context = context
    this.#begin = begin
    this.#options = options
  }

  '@sse/open'(handle: ConnectionHandle): Sender {
    if (handle.isClosed) return CLOSED_SENDER
    const { after, untilHead } = this.#options
    if (untilHead) throw new SseError('option_invalid', 'follow: untilHead is for loops, not for connections')
    const { hub } = this.#context.log
    hub['@sse/admit'](handle)
    const options = { ...this.#options, after: after || handle.lastEventId }
    return new RunSender(hub.senderContext, handle, new RunCursor(this.#context, this.#begin, options))
  }

  [Symbol.asyncIterator](): AsyncIterator<LogEvent, RunOutcome | undefined> {
    return new RunLoop(this.#context, new RunCursor(this.#context, this.#begin, this.#options), this.#options)
  }
}

/** One loop over a run: pulls its events. Where a stream is answered with 204, it ends. */
class RunLoop implements AsyncIterator<LogEvent, RunOutcome | undefined> {
  readonly #context: CursorContext
  readonly #cursor: RunCursor
  #events: AsyncIterator<LogEvent, unknown> | undefined
  readonly #untilHead: boolean
  #isClosed = false

  constructor(context: CursorContext, cursor: RunCursor, { untilHead = false }: FollowOptions) {
    this.#context = context
    this.#cursor = cursor
    this.#untilHead = untilHead
  }

  /** @throws {SseError} `run_unknown`, `hub_closed`, errors of the engine; the loop is over then. */
  async next(): Promise<IteratorResult<LogEvent, RunOutcome | undefined>> {
    const cursor = this.#cursor
    try {
      for (;;) {
        if (this.#isClosed) return { done: true, value: undefined }
        if (!this.#events && !cursor.outcome) await this.#open()
        const missing = cursor.takeGap()
        if (missing) return { done: false, value: makeGapEvent(missing.id, missing.gap) }
        if (cursor.outcome) return this.#finish(cursor.outcome)
        const pulled = await this.#events?.next()
        if (this.#isClosed) continue
        if (pulled?.done && this.#untilHead) return await this.return()
        if (!pulled || pulled.done) throw new SseError('hub_closed', 'The runs are closed')
        if (this.#take(pulled.value)) return { done: false, value: pulled.value }
      }
    } catch (error) {
      this.return()
      if (error === NOTHING_TO_STREAM) return { done: true, value: undefined }
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
    const subscription = this.#context.log.hub.subscribe([control, events], {
      after,
      untilHead: this.#untilHead,
    })
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
