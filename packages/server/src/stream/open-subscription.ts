import { NATIVE } from '../dialects/native.ts'
import type { SharedFrames } from '../log/shared-frames.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { Connection, type ConnectionSettings } from './connection.ts'
import type { OpenableSource } from './connection-handle.ts'
import type { Sink } from './sink.ts'

/** Where the frames of an opened subscription go. */
export interface FrameSink {
  /** Takes whole frames as text. Returns `false` if it has no room for more until `drained` is called. */
  write(frames: string): boolean
  /** The stream has ended; nothing follows. */
  end(): void
}

export interface OpenSubscriptionOptions {
  sink: FrameSink
  /** Last event id of the client. Default: none. */
  lastEventId?: string | undefined
  /** Id of the client's identity. Default: anonymous. */
  identity?: string | undefined
  /** Interval of heartbeats, in milliseconds. Default `Infinity`: none. */
  heartbeatMs?: number | undefined
}

/** An opened subscription, as its client sees it. */
export interface OpenedSubscription {
  /** Resolves once the stream has started. Rejects with the error that a request would be refused with. */
  readonly opened: Promise<void>
  /** The sink has room again. */
  drained(): void
  /** The client disconnects. */
  close(): void
}

/**
 * Opens a subscription, the result of `hub.subscribe()`, on a sink in memory: everything but HTTP is as in a response.
 * For tests of engines.
 */
export function openSubscription(
  subscription: OpenableSource,
  { sink, lastEventId, identity, heartbeatMs = Number.POSITIVE_INFINITY }: OpenSubscriptionOptions,
): OpenedSubscription {
  const connection = new Connection({ ...SETTINGS, heartbeatMs }, lastEventId || undefined)
  connection.identity = identity
  const open = async () => {
    try {
      await connection.prepare(() => subscription)
    } catch (error) {
      connection.gone()
      throw error
    }
    connection.start(new SinkAdapter(sink, connection))
  }
  return { opened: open(), drained: () => connection.drained(), close: () => connection.gone() }
}

const SETTINGS: Omit<ConnectionSettings, 'heartbeatMs'> = {
  path: 'a subscription in memory',
  retryMs: undefined,
  stallTimeoutMs: Number.POSITIVE_INFINITY,
  maxConnectionMs: Number.POSITIVE_INFINITY,
  reauthorizeMs: Number.POSITIVE_INFINITY,
  encode: String,
  control: NATIVE,
  compressor: undefined,
  authorize: () => true,
  onError() {},
}

const decoder = new TextDecoder()

class SinkAdapter implements Sink {
  readonly #sink: FrameSink
  readonly #connection: Connection

  constructor(sink: FrameSink, connection: Connection) {
    this.#sink = sink
    this.#connection = connection
  }

  write(data: string | Uint8Array): boolean {
    return this.#sink.write(typeof data === 'string' ? data : decoder.decode(data))
  }

  writeShared({ bytes }: SharedFrames): boolean {
    return this.write(bytes)
  }

  end(): void {
    this.#sink.end()
    nextTurn(() => this.#connection.gone())
  }

  destroy(): void {
    this.end()
  }

  afterTurn(task: () => void): void {
    nextTurn(task)
  }

  closeTransport(): void {}
}
