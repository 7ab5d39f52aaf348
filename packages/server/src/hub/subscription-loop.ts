import type { Gap } from '@sse/contract'
import type { Fanout, Follower } from '../log/fanout.ts'
import { formatId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import { LogCursor, type StartPosition } from '../log/log-cursor.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import { decodeFrame, type LogEvent, makeGapEvent } from './log-event.ts'

const DONE = { done: true, value: undefined } as const

/** Parts of a hub that a loop needs. */
export interface LoopContext {
  readonly log: Log
  readonly fanout: Fanout
}

/** One loop over a subscription: pulls events through a cursor, with at most one batch in memory. */
export class SubscriptionLoop implements AsyncIterator<LogEvent, undefined>, Follower {
  isLive = false
  mask = 0
  readonly #context: LoopContext
  readonly #channels: readonly string[]
  readonly #findStart: () => StartPosition | Promise<StartPosition>
  readonly #signal: AbortSignal | undefined
  #cursor: LogCursor | undefined
  #frames: readonly StoredFrame[] = []
  #next = 0
  #wake: (() => void) | undefined
  #isDone = false

  constructor(
    context: LoopContext,
    channels: readonly string[],
    findStart: () => StartPosition | Promise<StartPosition>,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context
    this.#channels = channels
    this.#findStart = findStart
    this.#signal = signal
  }

  /** @throws {SseError} errors of the engine; the loop is over then. */
  async next(): Promise<IteratorResult<LogEvent, undefined>> {
    try {
      for (;;) {
        if (this.#isDone || this.#signal?.aborted) return this.return()
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
      const id = formatId({ epoch: log.tail.epoch, position: frame.position })
      try {
        return decodeFrame(id, frame)
      } catch (error) {
        log.skip(id, error)
      }
    }
    return undefined
  }

  /** Takes one step of the cursor; at the head, waits for more. */
  async #advance(): Promise<LogEvent | undefined> {
    const cursor = this.#cursor ?? (await this.#start())
    const step = cursor?.next()
    if (!cursor || !step) return undefined
    if (step.kind === 'gap') return makeGapEvent(step.id, step.gap)
    if (step.kind === 'read') cursor.take(await this.#context.log.readHistory(step.position, this.#channels))
    else if (step.kind === 'head') await this.#sleep()
    else {
      this.#frames = step.frames
      this.#next = 0
    }
    return undefined
  }

  /** Returns `undefined` if the loop has ended in the meantime. */
  async #start(): Promise<LogCursor | undefined> {
    const start = await this.#findStart()
    // `next` ends the loop of an aborted signal.
    if (this.#isDone || this.#signal?.aborted) return undefined
    this.#cursor = new LogCursor(this.#context.log.tail, this.#channels, start)
    this.#context.fanout.add(this, this.#channels)
    this.#signal?.addEventListener('abort', this.#rouse)
    return this.#cursor
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.isLive = true
    })
  }

  readonly #rouse = (): void => {
    this.isLive = false
    this.#wake?.()
    this.#wake = undefined
  }

  #end(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#context.fanout.remove(this, this.#channels)
    this.#signal?.removeEventListener('abort', this.#rouse)
    this.#rouse()
  }
}
