import { SseError, type StreamContract } from '@sse/contract'
import type { Presence } from '../presence/presence.ts'
import type { ConnectionHandle, OpenableSource, Sender } from '../stream/connection-handle.ts'
import type { ConnectionLimiter } from './connection-limiter.ts'
import type { SubscriptionEvent } from './log-event.ts'
import { startPosition } from './start-position.ts'
import { type LoopContext, SubscriptionLoop } from './subscription-loop.ts'
import { type SenderContext, SubscriptionSender } from './subscription-sender.ts'

export interface SubscribeOptions {
  /**
   * Id to resume after. Default as the source of a stream: the request's last event id; in a loop: none. Any text is
   * accepted: an id that does not belong to this log is reported as a `gap`.
   */
  after?: string | undefined
  /**
   * Makes the subscription durable: without an id it resumes after what this subscriber acknowledged last. 1 to 256
   * characters.
   */
  subscriber?: string | undefined
  /**
   * Where to start without an id, and without an acknowledgement of the subscriber: at the oldest retained event, or
   * with the next one. Default: `'oldest'` with a subscriber, otherwise `'newest'`.
   */
  from?: 'oldest' | 'newest' | undefined
  /**
   * Identity for presence, limits and `revoke`. Default: the identity of the connection, or else the subscriber. 1 to
   * 256 characters.
   */
  identity?: string | undefined
  /** Ends a loop over the subscription. A connection needs none. */
  signal?: AbortSignal | undefined
  /**
   * Ends a loop once it has received every event that was stored when it started. Not for connections. Default `false`:
   * the loop waits for more.
   */
  untilHead?: boolean | undefined
}

/**
 * The events of some channels from a position on. As the source of an `sse()` stream it needs no generator; or loop over
 * it. Each connection and each loop has its own position.
 */
export interface Subscription<Contract extends StreamContract> extends OpenableSource {
  [Symbol.asyncIterator](): AsyncIterator<SubscriptionEvent<Contract>, undefined>
}

/** Parts of a hub that a subscription needs. */
export interface SubscriptionContext extends SenderContext, LoopContext {
  readonly connections: ConnectionLimiter
  readonly presence: Presence
}

export class LogSubscription<Contract extends StreamContract> implements Subscription<Contract> {
  readonly #context: SubscriptionContext
  readonly #channels: readonly string[]
  readonly #options: SubscribeOptions

  constructor(context: SubscriptionContext, channels: readonly string[], options: SubscribeOptions) {
    this.#context = context
    this.#channels = channels
    this.#options = options
  }

  '@sse/open'(handle: ConnectionHandle): Sender {
    if (handle.isClosed) return CLOSED
    const { connections, presence } = this.#context
    const { after = handle.lastEventId, subscriber, untilHead } = this.#options
    if (untilHead)
      throw new SseError('option_invalid', 'subscribe: untilHead is for loops, not for connections')
    const identity = this.#options.identity ?? handle.identity ?? subscriber
    connections.admit(handle, identity)
    let onStop: (() => void) | undefined
    if (identity !== undefined) {
      presence.enter(identity, this.#channels)
      onStop = () => presence.exit(identity, this.#channels, handle.retryMs)
    }
    return new SubscriptionSender(this.#context, handle, this.#channels, this.#findStart(after), { onStop })
  }

  [Symbol.asyncIterator](): AsyncIterator<SubscriptionEvent<Contract>, undefined> {
    const { after, signal, untilHead = false } = this.#options
    const findStart = () => this.#findStart(after)
    const loop: unknown = new SubscriptionLoop(this.#context, this.#channels, {
      findStart,
      untilHead,
      signal,
    })
    return loop as AsyncIterator<SubscriptionEvent<Contract>, undefined>
  }

  #findStart(after: string | undefined) {
    const { subscriber, from } = this.#options
    return startPosition(this.#context.log, { after: after || undefined, subscriber, from })
  }
}

/** For a client that has left: opens nothing. */
const CLOSED: Sender = { ready: undefined, start() {}, drained() {}, stop: () => false }
