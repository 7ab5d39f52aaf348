import { SseError } from '@sse/contract'
import type { SharedFrames } from '../log/shared-frames.ts'
import type { Connection } from '../stream/connection.ts'
import type { ClosedWatcher } from '../stream/connection-handle.ts'
import type { Sink } from '../stream/sink.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { unref } from '../timing/periodic.ts'

/** Bytes that wait in a response before the source is no longer pulled. */
const HIGH_WATER_MARK_BYTES = 65_536

/**
 * Makes the body of a response that a connection fills.
 *
 * @param maxConnectionMs - maximum age of a connection whose stream sets none.
 */
export function streamBody(connection: Connection, maxConnectionMs: number): ReadableStream<Uint8Array> {
  let sink: WebSink | undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        sink = new WebSink(controller, connection)
        connection.start(sink, maxConnectionMs)
        connection.onClosed(sink)
      },
      pull: () => sink?.drained(),
      cancel: () => sink?.cancelled(),
    },
    // The default strategy counts chunks, whatever their size.
    { highWaterMark: HIGH_WATER_MARK_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  )
}

const encoder = new TextEncoder()

class WebSink implements Sink, ClosedWatcher {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  readonly #connection: Connection
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, connection: Connection) {
    this.#controller = controller
    this.#connection = connection
  }

  write(data: string | Uint8Array): boolean {
    return this.#enqueue(typeof data === 'string' ? encoder.encode(data) : data)
  }

  writeShared(frames: SharedFrames): boolean {
    return this.#enqueue(frames.bytes)
  }

  /** Called by the stream: it is read again. */
  drained(): void {
    this.#stopTimer()
    this.#connection.drained()
  }

  end(): void {
    this.closed()
    nextTurn(() => this.#connection.gone())
  }

  /** Called when the client has left: a body that is still read ends. */
  closed(): void {
    this.#stopTimer()
    if (this.#isOver) return
    this.#isOver = true
    this.#controller.close()
  }

  /** Called by the stream: it was cancelled. */
  cancelled(): void {
    this.#isOver = true
    this.#connection.gone()
  }

  destroy(): void {
    this.#stopTimer()
    this.#isOver = true
    this.#controller.error(new SseError('dropped', 'The server has closed the connection'))
    nextTurn(() => this.#connection.gone())
  }

  afterTurn(task: () => void): void {
    nextTurn(task)
  }

  /** A response has no access to its transport. */
  closeTransport(): void {}

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #enqueue(bytes: Uint8Array): boolean {
    this.#connection.sentBytes += bytes.byteLength
    this.#controller.enqueue(bytes)
    const hasRoom = (this.#controller.desiredSize ?? 0) > 0
    const { stallTimeoutMs } = this.#connection
    if (!hasRoom && !this.#timer && stallTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#connection.stalled(), stallTimeoutMs)
      unref(this.#timer)
    }
    return hasRoom
  }
}
