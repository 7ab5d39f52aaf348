import type { Gap } from '@sse/contract'
import type { Fanout, Follower } from '../log/fanout.ts'
import { formatId } from '../log/id.ts'
import type { Log } from '../log/log.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import type { Place } from './cursor.ts'
import { type LogEvent, makeGapEvent, readStoredFrame } from './log-event.ts'

const DONE = { done: true, value: undefined } as const

/** One loop over a subscription: a place in the log, and at most one reading of what follows. */
export class Iteration implements AsyncIterator<LogEvent, undefined>, Follower {
  isLive = false
  mask = 0
  readonly #log: Log
  readonly #fanout: Fanout
  readonly #channels: readonly string[]
  readonly #place: () => Place | Promise<Place>
  readonly #signal: AbortSignal | undefined
  #position: number | undefined
  #epoch = ''
  #gap: Gap['reason'] | undefined
  #frames: readonly StoredFrame[] = []
  /** Position after the last of `#frames`. */
  #reached = 0
  #next = 0
  #wake: (() => void) | undefined
  #isDone = false

  constructor(
    log: Log,
    fanout: Fanout,
    channels: readonly string[],
    place: () => Place | Promise<Place>,
    signal: AbortSignal | undefined,
  ) {
    this.#log = log
    this.#fanout = fanout
    this.#channels = channels
    this.#place = place
    this.#signal = signal
  }

  async next(): Promise<IteratorResult<LogEvent, undefined>> {
    if (this.#position === undefined) await this.#begin()
    for (;;) {
      if (this.#isDone || this.#signal?.aborted) return this.return()
      if (this.#gap) return { done: false, value: this.#takeGap(this.#gap) }
      const frame = this.#frames[this.#next]
      if (frame) {
        this.#next += 1
        this.#position = this.#next === this.#frames.length ? this.#reached : frame.position
        return { done: false, value: readStoredFrame(this.#epoch, frame) }
      }
      if (this.#position === this.#log.head) await this.#sleep()
      else await this.#read(this.#position as number)
    }
  }

  async return(): Promise<typeof DONE> {
    if (this.#isDone) return DONE
    this.#isDone = true
    this.#fanout.remove(this, this.#channels)
    this.#signal?.removeEventListener('abort', this.#rouse)
    this.#rouse()
    return DONE
  }

  deliver(_frames: unknown, _position: number, from: number): void {
    this.#position = from // it had everything up to there
    this.#rouse() // and reads on for itself
  }

  end(): void {
    this.return()
  }

  reset(reason: Gap['reason'], head: number): void {
    if (this.isLive) this.#position = head
    if (reason !== 'trimmed') this.#moveToHead(reason)
    this.#rouse()
  }

  async #begin(): Promise<void> {
    const { epoch, position, gap } = await this.#place()
    this.#epoch = epoch
    this.#position = position
    this.#gap = gap
    if (epoch !== this.#log.epoch) this.#moveToHead('epoch')
    if (this.#isDone) return
    this.#fanout.add(this, this.#channels)
    this.#signal?.addEventListener('abort', this.#rouse)
  }

  async #read(from: number): Promise<void> {
    const reading =
      this.#log.readRing(from, this.#channels) ?? (await this.#log.readEngine(from, this.#channels))
    if (this.#position !== from || this.#gap) return // the log was replaced meanwhile
    this.#frames = reading.frames
    this.#next = 0
    this.#reached = reading.position
    if (reading.frames.length === 0) this.#position = reading.position
    if (reading.missingUpTo === undefined) return
    this.#position = reading.missingUpTo
    this.#gap = 'trimmed'
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

  #moveToHead(reason: Gap['reason']): void {
    this.#epoch = this.#log.epoch
    this.#position = this.#log.head
    this.#gap = reason
    this.#frames = []
    this.#next = 0
  }

  #takeGap(reason: Gap['reason']): LogEvent<'gap', Gap> {
    this.#gap = undefined
    const position = this.#position as number
    const gap: Gap = { reason }
    if (reason === 'trimmed' && position < this.#log.head) {
      gap.since = formatId({ epoch: this.#epoch, position: position + 1 })
    }
    return makeGapEvent(formatId({ epoch: this.#epoch, position }), gap)
  }
}
