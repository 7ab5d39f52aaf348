import { type Gap, isSseError } from '@sse/contract'
import { decodeFrame } from '../hub/log-event.ts'
import { startPosition } from '../hub/start-position.ts'
import { type FrameGate, type SenderContext, SubscriptionSender } from '../hub/subscription-sender.ts'
import { formatId } from '../log/id.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import type { ConnectionHandle, Sender } from '../stream/connection-handle.ts'
import type { Sink } from '../stream/sink.ts'
import { unref } from '../timing/periodic.ts'
import type { RunCursor, RunPlace, Verdict } from './run-cursor.ts'

/** Mean pause before another attempt after the engine failed. */
const RETRY_MS = 1_000

/**
 * Pushes a run to a connection. The events are the frames that every viewer gets: they are neither decoded nor encoded
 * here. Only entries of the control channel are read.
 */
export class RunSender implements Sender {
  readonly ready: Promise<void>
  readonly decided: Promise<void>
  readonly #context: SenderContext
  readonly #handle: ConnectionHandle
  readonly #cursor: RunCursor
  #inner: SubscriptionSender | undefined
  #sink: Sink | undefined
  #isStopped = false

  constructor(context: SenderContext, handle: ConnectionHandle, cursor: RunCursor) {
    this.#context = context
    this.#handle = handle
    this.#cursor = cursor
    this.ready = this.#open()
    this.decided = this.ready
    this.ready.catch(() => cursor.close()) // the connection reports it
  }

  start(sink: Sink, preamble: string): void {
    this.#sink = sink
    this.#continue(preamble)
  }

  drained(): void {
    this.#inner?.drained()
  }

  stop(lastFrame?: string): boolean {
    const sink = this.#sink
    this.#isStopped = true
    this.#sink = undefined
    this.#cursor.close()
    const isInnerStarted = this.#inner?.stop(lastFrame) ?? false
    if (sink && !isInnerStarted && lastFrame !== undefined) {
      if (lastFrame) sink.write(lastFrame)
      sink.end()
    }
    return sink !== undefined
  }

  /** Finds the run, and prepares a sender for what is to be read of it. */
  async #open(): Promise<void> {
    const place = await this.#cursor.open()
    if (!place || this.#isStopped) return
    const { control, events, after } = place
    const start = startPosition(this.#context.log, { after, subscriber: undefined, from: undefined })
    const gate = new RunGate(this.#cursor, place, {
      act: (verdict) => this.#onVerdict(verdict),
      decode: (frame) => this.#decode(frame),
    })
    this.#inner = new SubscriptionSender(this.#context, this.#handle, [control, events], start, { gate })
    await this.#inner.ready
  }

  #continue(preamble: string): void {
    const sink = this.#sink
    if (!sink) return
    const { control } = this.#handle
    const missing = this.#cursor.takeGap()
    const opening = preamble + (missing ? control.gap(missing.gap, missing.id, this.#handle) : '')
    if (this.#inner) return this.#inner.start(sink, opening)
    if (opening) sink.write(opening)
    this.#handle.end(this.#cursor.outcome)
  }

  #onVerdict(verdict: 'ended' | 'reopen'): void {
    if (verdict === 'ended') return this.#handle.end(this.#cursor.outcome)
    this.#reopen()
  }

  /** Opens the run again, however long the engine is away. */
  #reopen(): void {
    this.#inner?.stop()
    this.#inner = undefined
    this.#open().then(
      () => this.#continue(''),
      (error) => {
        if (this.#isStopped || !isEngineFailure(error)) return this.#handle.fail(error)
        this.#handle.report(error)
        // Not all viewers of a process ask again at once.
        unref(setTimeout(() => this.#isStopped || this.#reopen(), RETRY_MS * (0.5 + Math.random())))
      },
    )
  }

  /** Another program may have written the entry. */
  #decode(frame: StoredFrame): unknown {
    const { log } = this.#context
    const id = formatId({ epoch: log.tail.epoch, position: frame.position })
    try {
      return decodeFrame(id, frame).payload
    } catch (error) {
      log.skip(id, error)
      return undefined
    }
  }
}

function isEngineFailure(error: unknown): boolean {
  return isSseError(error) && error.kind === 'engine' && error.code !== 'hub_closed'
}

interface GateActions {
  readonly act: (verdict: 'ended' | 'reopen') => void
  readonly decode: (frame: StoredFrame) => unknown
}

/** Lets the events of a run through, in the order of the log and up to its end. */
class RunGate implements FrameGate {
  readonly channel: string
  readonly #cursor: RunCursor
  readonly #actions: GateActions
  #verdict: Verdict = 'deliver'

  constructor(cursor: RunCursor, { events }: RunPlace, actions: GateActions) {
    this.channel = events
    this.#cursor = cursor
    this.#actions = actions
  }

  pass(frames: readonly StoredFrame[]): readonly StoredFrame[] {
    if (frames.every(({ channel }) => channel === this.channel)) return frames
    const passed: StoredFrame[] = []
    for (const frame of frames) {
      const { channel, event, position } = frame
      const payload = () => this.#actions.decode(frame)
      this.#verdict = this.#cursor.take({ channel, event, position, payload })
      if (this.#verdict === 'deliver') passed.push(frame)
      else if (this.#verdict !== 'skip') break
    }
    return passed
  }

  passed(): void {
    if (this.#verdict === 'ended' || this.#verdict === 'reopen') this.#actions.act(this.#verdict)
  }

  missed(reason: Gap['reason']): void {
    this.#cursor.missed(reason)
    this.#actions.act('reopen')
  }
}
