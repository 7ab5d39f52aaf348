import type { StreamContract } from '@sse/contract'
import type { Engine } from '../log/engine.ts'
import type { Presence } from '../presence/presence.ts'
import type { ConnectionHandle, OpenableSource, Sender } from '../stream/connection-handle.ts'
import type { ConnectionLimiter } from './connection-limiter.ts'
import { Cursor, type CursorContext } from './cursor.ts'
import type { LogEvent, SubscriptionEvent } from './log-event.ts'
import { startPosition } from './start-position.ts'
import { Iteration } from './subscription-loop.ts'

/** The parts of a hub that a subscription needs. */
export interface SubscriptionContext extends CursorContext {
  readonly engine: Engine
  readonly connections: ConnectionLimiter
  readonly presence: Presence
}

export interface SubscribeOptions {
  /** The id to go on after, as the client sent it: `lastEventId`. Any text: what is no id of this log is a `gap`. */
  after?: string | undefined
  /**
   * Makes the subscription durable: without `after` it goes on after what this subscriber acknowledged last, or
   * from the oldest event that is retained if nothing was. 1 to 256 characters.
   */
  subscriber?: string | undefined
  /** Who this is, for presence, limits and `revoke`. Default: the subscriber. 1 to 256 characters. */
  identity?: string | undefined
  /** Ends a loop over the subscription. A connection ends by itself. */
  signal?: AbortSignal | undefined
}

/**
 * A hub's channels from some place on: the source of an `sse()` stream, which then needs no generator; or
 * something to loop over. Each connection and each loop has a place of its own.
 */
export class Subscription<Contract extends StreamContract>
  implements OpenableSource, AsyncIterable<SubscriptionEvent<Contract>>
{
  readonly #context: SubscriptionContext
  readonly #channels: readonly string[]
  readonly #options: SubscribeOptions

  constructor(context: SubscriptionContext, channels: readonly string[], options: SubscribeOptions) {
    this.#context = context
    this.#channels = channels
    this.#options = options
  }

  '@sse/open'(host: ConnectionHandle): Sender {
    const { connections, presence } = this.#context
    const { identity = this.#options.subscriber } = this.#options
    connections.admit(host, identity)
    const place = this.#startPosition()
    if (identity === undefined) return new Cursor(this.#context, host, this.#channels, place, undefined)
    presence.enter(identity, this.#channels)
    const onStop = () => presence.exit(identity, this.#channels)
    return new Cursor(this.#context, host, this.#channels, place, onStop)
  }

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionEvent<Contract>, undefined> {
    const { log, fanout } = this.#context
    const { signal } = this.#options
    const place = () => this.#startPosition()
    const iteration: AsyncIterator<LogEvent, undefined> = new Iteration(
      log,
      fanout,
      this.#channels,
      place,
      signal,
    )
    return iteration as AsyncIterator<SubscriptionEvent<Contract>, undefined>
  }

  #startPosition() {
    const { log, engine } = this.#context
    const { after, subscriber } = this.#options
    return startPosition(log, engine, { after: after || undefined, subscriber })
  }
}
