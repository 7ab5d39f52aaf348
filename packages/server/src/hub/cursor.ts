import type { Gap } from '@sse/contract'
import { CONTROL, encodeComment, encodeMessage } from '@sse/contract/protocol'
import { report } from '../diagnostics.ts'
import type { Fanout, Follower } from '../log/fanout.ts'
import type { Heartbeat } from '../log/heartbeat-frame.ts'
import { formatId } from '../log/id.ts'
import type { Log, Reading } from '../log/log.ts'
import { SharedFrames } from '../log/shared-frames.ts'
import { joinFrames } from '../log/stored-frame.ts'
import type { ConnectionHandle, Sender } from '../stream/connection-handle.ts'
import type { Sink } from '../stream/sink.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { type Periodic, startPeriodic, stopPeriodic, unref } from '../timing/periodic.ts'
import type { Counters } from './counters.ts'

/** What all cursors of a hub share. */
export interface CursorContext {
  readonly log: Log
  readonly fanout: Fanout
  readonly heartbeat: Heartbeat
  readonly counters: Counters
}

/** Where a cursor begins. */
export interface Place {
  /** The log that `position` is of. */
  readonly epoch: string
  /** Position of the last event it is not to get. */
  readonly position: number
  /** What is said first: the id it came with means nothing here. */
  readonly gap: Gap['reason'] | undefined
}

const COMMENT = encodeComment()
/** Readings taken in one turn, before others get theirs. */
const MAX_READINGS = 16
/** How long a cursor waits for an engine that has failed. */
const RETRY_MS = 1_000

/**
 * A connection's place in the hub's log. Live fanout, a slow reader that catches up and a reconnect are all
 * the same: move on to the head, from the nearest place that still has the events. Nothing is queued here: a
 * cursor whose sink is full stops, and takes what it missed in one go when there is room.
 */
export class Cursor implements Sender, Follower, Periodic {
  readonly ready: Promise<void> | undefined
  isLive = false
  mask = 0
  readonly #context: CursorContext
  readonly #host: ConnectionHandle
  readonly #channels: readonly string[]
  readonly #onStop: (() => void) | undefined
  #sink: Sink | undefined
  #epoch = ''
  #position = 0
  #gap: Gap['reason'] | undefined
  #isFull = false
  #isReading = false

  constructor(
    context: CursorContext,
    host: ConnectionHandle,
    channels: readonly string[],
    place: Place | Promise<Place>,
    onStop: (() => void) | undefined,
  ) {
    this.#context = context
    this.#host = host
    this.#channels = channels
    this.#onStop = onStop
    if (place instanceof Promise) this.ready = place.then((found) => this.#begin(found))
    else this.#begin(place)
  }

  start(sink: Sink, preamble: string): void {
    const { log } = this.#context
    this.#sink = sink
    if (this.#epoch !== log.epoch) this.#moveToHead('epoch') // the log was replaced since the place was found
    // Added before it reads on: what is stored from now on is not missed, what was, is read.
    this.#context.fanout.add(this, this.#channels)
    startPeriodic(this, this.#host.heartbeatMs)
    this.#write(preamble + this.#takeGap() + this.#openFrame())
    this.#advance()
  }

  drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    const { log, counters } = this.#context
    const behind = log.head - this.#position
    if (behind > 0) {
      counters.catchUps += 1
      report('sse.catchup', { behind, from: log.ring.reaches(this.#position) ? 'ring' : 'engine' })
    }
    this.#advance()
  }

  tick(): void {
    // A full socket needs no proof of life, and would only grow.
    if (this.isLive) this.deliver(this.#context.heartbeat.frames, this.#context.log.head)
    else if (!this.#isFull) this.#write(COMMENT)
  }

  deliver(frames: SharedFrames, position: number): void {
    if (this.#sink?.writeShared(frames)) return
    this.isLive = false
    this.#isFull = true
    this.#position = position
  }

  reset(reason: Gap['reason'], head: number): void {
    if (this.isLive) this.#position = head
    this.isLive = false
    if (reason !== 'trimmed') this.#moveToHead(reason)
    this.#advance()
  }

  /** Its connection is closed by the hub. */
  end(): void {}

  stop(lastFrame?: string): boolean {
    const sink = this.#sink
    this.isLive = false
    this.#sink = undefined
    this.#context.fanout.remove(this, this.#channels)
    stopPeriodic(this, this.#host.heartbeatMs)
    this.#onStop?.()
    if (sink && lastFrame !== undefined) {
      sink.write(lastFrame)
      sink.end()
    }
    return sink !== undefined
  }

  #begin({ epoch, position, gap }: Place): void {
    this.#epoch = epoch
    this.#position = position
    this.#gap = gap
  }

  #moveToHead(reason: Gap['reason']): void {
    this.#position = this.#context.log.head
    this.#gap = reason
  }

  /** Goes on to the head, as far as there is room. */
  #advance(): void {
    const { log } = this.#context
    for (let readings = 0; this.#sink && !this.#isFull && !this.#isReading; readings += 1) {
      if (this.#gap) this.#write(this.#takeGap())
      else if (this.#position >= log.head) {
        this.isLive = true
        return
      } else if (readings === MAX_READINGS) {
        this.#isReading = true
        nextTurn(() => {
          this.#isReading = false
          this.#advance()
        })
      } else {
        const reading = log.readRing(this.#position, this.#channels)
        if (reading) this.#take(reading)
        else this.#readEngine()
      }
    }
  }

  #readEngine(): void {
    const from = this.#position
    this.#isReading = true
    this.#context.log.readEngine(from, this.#channels).then(
      (reading) => {
        this.#isReading = false
        // Unless the log was replaced meanwhile.
        if (this.#position === from && !this.#gap) this.#take(reading)
        this.#advance()
      },
      () => {
        // The log has told of it; the connection stays, and tries again.
        const timer = setTimeout(() => {
          this.#isReading = false
          this.#advance()
        }, RETRY_MS)
        unref(timer)
      },
    )
  }

  #take({ frames, position, missingUpTo }: Reading): void {
    if (missingUpTo !== undefined) {
      this.#position = missingUpTo
      this.#write(this.#gapFrame('trimmed'))
    }
    this.#position = position
    if (frames.length === 0 || !this.#sink) return
    if (!this.#sink.writeShared(new SharedFrames(joinFrames(frames)))) this.#isFull = true
  }

  #write(text: string): void {
    if (this.#sink && !this.#sink.write(text)) this.#isFull = true
  }

  /** Says where the connection stands, so that one which has got nothing yet resumes from there. */
  #openFrame(): string {
    return encodeMessage({ id: this.#id(), event: CONTROL.open })
  }

  #takeGap(): string {
    const reason = this.#gap
    this.#gap = undefined
    return reason ? this.#gapFrame(reason) : ''
  }

  #gapFrame(reason: Gap['reason']): string {
    const { log, counters } = this.#context
    counters.gaps += 1
    report('sse.gap', { reason })
    const gap: Gap = { reason }
    const oldest = this.#position + 1
    if (reason === 'trimmed' && oldest <= log.head) {
      gap.since = formatId({ epoch: log.epoch, position: oldest })
    }
    return encodeMessage({ id: this.#id(), event: CONTROL.gap, data: JSON.stringify(gap) })
  }

  #id(): string {
    return formatId({ epoch: this.#context.log.epoch, position: this.#position })
  }
}
