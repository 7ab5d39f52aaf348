import type { Gap } from '@sse/contract'
import type { Batch } from '../log/batch.ts'
import type { Fanout, Follower } from '../log/fanout.ts'
import { formatId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import { LogCursor, type StartPosition } from '../log/log-cursor.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import { TurnBudget } from '../log/turn-budget.ts'
import type { TurnClock } from '../log/turn-clock.ts'
import { decodeFrame, type LogEvent, makeGapEvent } from './log-event.ts'

const DONE = { done: true, value: undefined } as const

/** Parts of a hub that a loop needs. */
export interface LoopContext {
  readonly log: Log
  readonly fanout: Fanout
  /** Shared by all loops of a hub. */
  readonly loopTurns: TurnClock
}

export interface LoopOptions {
  readonly findStart: () => StartPosition | Promise<StartPosition>
  /** Whether the loop ends at the head as of its start. */
  readonly untilHead: boolean
  readonly signal: AbortSignal | undefined
}

/** One loop over a subscription: pulls events through a cursor, with at most one batch in memory. */
export class SubscriptionLoop implements AsyncIterator<LogEvent, undefined>, Follower {
  isLive = false
  mask = 0
  readonly #context: LoopContext
  readonly #channels: readonly string[]
  readonly #options: LoopOptions
  #cursor: LogCursor | undefined
  /** Position of the last event of a loop that ends. */
  #until = Number.POSITIVE_INFINITY
  #frames: readonly StoredFrame[] = []
  #next = 0
  readonly #budget: TurnBudget
  /** Size of the event that was taken last. */
  #bytes = 0
  /** Ends the wait for events, or for a read. */
  #wake: (() => void) | undefined
  #isReader = false
  #isDone = false

  constructor(context: LoopContext, channels: readonly string[], options: LoopOptions) {
    this.#context = context
    this.#channels = channels
    this.#options = options
    this.#budget = new TurnBudget(context.loopTurns)
  }

  /** @throws {SseError} errors of the engine; the loop is over then. */
  async next(): Promise<IteratorResult<LogEvent, undefined>> {
    try {
      // A loop body that awaits nothing else would hold up everything while it reads a backlog.
      await this.#budget.spend(this.#bytes)
      for (;;) {
        if (this.#isDone || this.#options.signal?.aborted) return this.return()
        const event = this.#takeEvent() ?? (await this.#advance())
        if (event) return { done: false, value: event }
      }
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<typeof DONE> {
    this.#end()
    return DONE
  }

  deliver(_frames: unknown, _position: number, from: number): void {
    this.#cursor?.moveTo(from) // it had received everything up to there
    this.#rouse() // and reads on by itself
  }

  reset(reason: Gap['reason'], head: number): void {
    if (this.isLive) this.#cursor?.moveTo(head)
    if (reason !== 'trimmed') {
      this.#frames = []
      this.#cursor?.replaced(reason)
      if (this.#options.untilHead) this.#until = 0 // the gap is the last
    }
    this.#rouse()
  }

  fail(): void {
    this.#end()
  }

  end(): void {
    this.#end()
  }

  /** Takes the next event of the batch that was read last. */
  #takeEvent(): LogEvent | undefined {
    const { log } = this.#context
    for (let frame = this.#frames[this.#next]; frame; frame = this.#frames[this.#next]) {
      this.#next += 1
      this.#bytes = frame.bytes.byteLength
      if (frame.position > this.#until) return undefined
      const id = formatId({ epoch: log.tail.epoch, position: frame.position })
      try {
        return decodeFrame(id, frame, log.isText(frame.event))
      } catch (error) {
        log.skip(id, error)
      }
    }
    return undefined
  }

  /** Takes one step of the cursor; at the head, waits for more. */
  async #advance(): Promise<LogEvent | undefined> {
    const cursor = this.#cursor ?? (await this.#start())
    if (!cursor || this.#isDone) return undefined // it may have ended just after its start
    if (cursor.position >= this.#until && !cursor.hasGap) {
      this.#end()
      return undefined
    }
    const step = cursor.next()
    if (step.kind === 'gap') return makeGapEvent(step.id, step.gap)
    if (step.kind === 'read') {
      const batch = await this.#read(step.position)
      if (batch) cursor.take(batch)
    } else if (step.kind === 'head') await this.#sleep()
    else {
      this.#frames = step.batch.frames
      this.#next = 0
    }
    return undefined
  }

  /** Returns `undefined` if the loop has ended in the meantime. */
  async #start(): Promise<LogCursor | undefined> {
    const { log, fanout } = this.#context
    const { findStart, untilHead, signal } = this.#options
    this.#isReader = true
    log.addReader()
    const start = await findStart()
    if (untilHead) await log.refresh()
    // `next` ends the loop of an aborted signal.
    if (this.#isDone || signal?.aborted) return undefined
    if (untilHead) this.#until = log.tail.head
    this.#cursor = new LogCursor(log.tail, this.#channels, start)
    fanout.add(this, this.#channels)
    signal?.addEventListener('abort', this.#rouse)
    return this.#cursor
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.#context.fanout.setLive(this, true)
    })
  }

  /** Resolves with `undefined` if it is roused before the batch is read. */
  #read(position: number): Promise<Batch | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.#context.log.readHistory(position, this.#channels, {
        received: resolve,
        failed: reject,
      })
      this.#wake = () => {
        cancel()
        resolve(undefined)
      }
    })
  }

  readonly #rouse = (): void => {
    this.#context.fanout.setLive(this, false)
    this.#wake?.()
    this.#wake = undefined
  }

  #end(): void {
    if (this.#isDone) return
    const { log, fanout } = this.#context
    this.#isDone = true
    fanout.remove(this, this.#channels)
    if (this.#isReader) log.removeReader()
    this.#options.signal?.removeEventListener('abort', this.#rouse)
    this.#rouse()
  }
}
