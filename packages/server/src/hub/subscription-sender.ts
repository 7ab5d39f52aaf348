import { type Gap, SseError } from '@sse/contract'
import { encodeComment } from '@sse/contract/protocol'
import { report } from '../diagnostics.ts'
import { Batch } from '../log/batch.ts'
import type { Fanout, Follower } from '../log/fanout.ts'
import type { Heartbeat } from '../log/heartbeat-frame.ts'
import type { HistoryReceiver } from '../log/history-reader.ts'
import type { Log } from '../log/log.ts'
import { type GapStep, LogCursor, type StartPosition, type Step } from '../log/log-cursor.ts'
import type { SharedFrames } from '../log/shared-frames.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import type { ConnectionHandle, Sender } from '../stream/connection-handle.ts'
import type { Sink } from '../stream/sink.ts'
import { type Periodic, startPeriodic, stopPeriodic, unref } from '../timing/periodic.ts'
import type { CatchingUp, CatchUpQueue } from './catch-up-queue.ts'
import type { Counters } from './counters.ts'

/** What the senders of a hub share. */
export interface SenderContext {
  readonly log: Log
  readonly fanout: Fanout
  readonly catchUps: CatchUpQueue
  readonly heartbeat: Heartbeat
  readonly counters: Counters
}

/** What stands between the log and the client of a subscription that is not a hub's: the events of a run. */
export interface FrameGate {
  /** Channel whose frames the client gets as they are. */
  readonly channel: string
  /** Returns those of the frames that the client gets: all, if they are of the gate's channel. */
  pass(frames: readonly StoredFrame[]): readonly StoredFrame[]
  /** What was passed is written. */
  passed(): void
  /** Events are missing. */
  missed(reason: Gap['reason']): void
}

const COMMENT = encodeComment()
/** Pause before another attempt after the engine failed. */
const RETRY_MS = 1_000

/**
 * Pushes a subscription to a connection: moves a cursor to the head, and then takes live frames from the fan-out.
 * Nothing is queued here. When the sink is full the sender stops, and writes what it missed once there is room.
 */
export class SubscriptionSender implements Sender, Follower, HistoryReceiver, CatchingUp, Periodic {
  readonly ready: Promise<void> | undefined
  isLive = false
  mask = 0
  readonly #context: SenderContext
  readonly #handle: ConnectionHandle
  readonly #channels: readonly string[]
  readonly #onStop: (() => void) | undefined
  readonly #gate: FrameGate | undefined
  #startPosition: StartPosition | undefined
  #cursor: LogCursor | undefined
  #sink: Sink | undefined
  #isFull = false
  /** The next step comes later: after a read or a pause. */
  #isWaiting = false
  #cancelRead: (() => void) | undefined

  constructor(
    context: SenderContext,
    handle: ConnectionHandle,
    channels: readonly string[],
    start: StartPosition | Promise<StartPosition>,
    { onStop, gate }: { onStop?: (() => void) | undefined; gate?: FrameGate } = {},
  ) {
    this.#context = context
    this.#handle = handle
    this.#channels = channels
    this.#onStop = onStop
    this.#gate = gate
    context.log.addReader()
    if (!(start instanceof Promise)) {
      this.#startPosition = start
      return
    }
    this.ready = start.then((found) => {
      this.#startPosition = found
    })
    this.ready.catch(() => {}) // a connection that is closed already does not wait for it
  }

  start(sink: Sink, preamble: string): void {
    const { log, fanout } = this.#context
    const cursor = new LogCursor(log.tail, this.#channels, this.#startPosition as StartPosition)
    this.#startPosition = undefined
    this.#sink = sink
    this.#cursor = cursor
    // Added before the cursor moves: an event stored from now on is delivered, one stored before is read.
    fanout.add(this, this.#channels)
    startPeriodic(this, this.#handle.heartbeatMs)
    if (this.#gate) {
      this.#write(preamble)
      return this.#advance()
    }
    const gap = cursor.takeGap()
    const opening = preamble + (gap ? this.#encodeGap(gap) : '')
    // Where the connection stands: cut off before its first event, it resumes there.
    this.#write(opening + this.#handle.control.open(cursor.id, this.#handle))
    this.#advance()
  }

  drained(): void {
    if (!this.#isFull) return
    this.#isFull = false
    const { log, counters } = this.#context
    const { position, lag: behind } = this.#cursor as LogCursor
    if (behind > 0) {
      counters.catchUps += 1
      report('sse.catchup', {
        path: this.#handle.path,
        behind,
        from: log.tail.ring.reaches(position) ? 'ring' : 'engine',
      })
    }
    this.#advance()
  }

  tick(): void {
    try {
      // A full sink needs no heartbeat, and would only grow.
      if (this.isLive && this.#gate) this.#writeLive(this.#handle.control.heartbeat(undefined, this.#handle))
      else if (this.isLive) this.#deliver(this.#heartbeat, this.#context.log.tail.head)
      else if (!this.#isFull) this.#write(COMMENT)
    } catch (error) {
      this.fail(error)
    }
  }

  deliver(frames: SharedFrames, position: number, from: number): void {
    if (!this.#gate || frames.channel === this.#gate.channel) {
      this.#deliver(frames, position)
      return this.#handle.eventSent()
    }
    // Some are for the gate. It gets them in the order of the log, once this delivery is over.
    this.#context.fanout.setLive(this, false)
    this.#cursor?.moveTo(from)
    this.#isWaiting = true
    queueMicrotask(() => this.#resume())
  }

  #deliver(frames: SharedFrames, position: number): void {
    if (!this.#sink?.writeShared(frames)) this.#filled(position)
  }

  #writeLive(text: string): void {
    if (text && !this.#sink?.write(text)) this.#filled(this.#context.log.tail.head)
  }

  /** A live sender has written everything up to a position, and the sink has no room for more. */
  #filled(position: number): void {
    this.#context.fanout.setLive(this, false)
    this.#isFull = true
    this.#cursor?.moveTo(position)
  }

  reset(reason: Gap['reason'], head: number): void {
    if (this.isLive) this.#cursor?.moveTo(head)
    this.#context.fanout.setLive(this, false)
    if (reason !== 'trimmed') this.#cursor?.replaced(reason)
    this.#advance()
  }

  fail(error: unknown): void {
    this.#handle.report(error)
    this.#handle.close(new SseError('internal', 'Writing to the connection failed', { cause: error }))
  }

  /** Its connection is closed by the hub's drain. */
  end(): void {}

  stop(lastFrame?: string): boolean {
    const sink = this.#sink
    const { fanout, log } = this.#context
    this.#sink = undefined
    this.#cancelRead?.()
    fanout.remove(this, this.#channels)
    log.removeReader()
    stopPeriodic(this, this.#handle.heartbeatMs)
    this.#onStop?.()
    if (sink && lastFrame !== undefined) {
      if (lastFrame) sink.write(lastFrame)
      sink.end()
    }
    return sink !== undefined
  }

  /** Moves to the head, as far as the sink has room. */
  #advance(): void {
    const cursor = this.#cursor as LogCursor
    // Does not wait for other connections with nothing to write, nor with a batch of the history: all would hold one.
    while (cursor.lag === 0 || cursor.hasBatch) if (!this.step()) return
    this.#context.catchUps.add(this)
  }

  step(): boolean {
    if (!this.#canStep) return false
    try {
      this.#take((this.#cursor as LogCursor).next())
      return this.#canStep
    } catch (error) {
      this.fail(error)
      return false
    }
  }

  get #canStep(): boolean {
    return this.#sink !== undefined && !this.#isFull && !this.#isWaiting && !this.isLive
  }

  #take(step: Step): void {
    const { fanout } = this.#context
    if (step.kind === 'gap') this.#takeGap(step)
    else if (step.kind === 'read') this.#read(step.position)
    else if (step.kind === 'head') fanout.setLive(this, true)
    else if (step.batch.frames.length > 0) this.#writeBatch(step.batch)
  }

  #takeGap(step: GapStep): void {
    if (this.#gate) this.#gate.missed(step.gap.reason)
    else this.#write(this.#encodeGap(step))
  }

  #writeBatch(batch: Batch): void {
    const frames = this.#gate ? this.#gate.pass(batch.frames) : batch.frames
    const passed = frames === batch.frames ? batch : new Batch(batch.after, frames, batch.position)
    if (frames.length > 0) this.#writeFrames(this.#context.catchUps.join(passed))
    this.#gate?.passed()
  }

  get #heartbeat(): SharedFrames {
    return this.#context.heartbeat.framesFor(this.#handle.control, this.#handle)
  }

  #read(position: number): void {
    this.#isWaiting = true
    this.#cancelRead = this.#context.log.readHistory(position, this.#channels, this)
  }

  received(batch: Batch): void {
    // A full sink holds no batch: what it needs is read again.
    if (!this.#isFull) this.#cursor?.take(batch)
    this.#resume()
  }

  /** The log has reported the error. The connection stays open and tries again. */
  failed(): void {
    unref(setTimeout(() => this.#resume(), RETRY_MS))
  }

  #resume(): void {
    this.#isWaiting = false
    this.#cancelRead = undefined
    this.#advance()
  }

  #encodeGap({ id, gap }: GapStep): string {
    this.#context.counters.gaps += 1
    report('sse.gap', { path: this.#handle.path, reason: gap.reason })
    return this.#handle.control.gap(gap, id, this.#handle)
  }

  #writeFrames(frames: SharedFrames): void {
    if (this.#sink && !this.#sink.writeShared(frames)) this.#isFull = true
    this.#handle.eventSent()
  }

  #write(text: string): void {
    if (text && this.#sink && !this.#sink.write(text)) this.#isFull = true
  }
}
