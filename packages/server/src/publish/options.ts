import type { Channel, EventName, StreamContract } from '@sse/contract'
import type { Authorized, IdentityOf } from '../stream/identity.ts'

/** Argument of the functions of a publish handler, next to the framework's own objects. */
export interface PublishContext<Identity = unknown> {
  /** Parameters that the framework's router found in the path. */
  readonly params: Readonly<Record<string, string>>
  /** Aborts when the client leaves before it is answered. */
  readonly signal: AbortSignal
  /** What `authorize` returned; `undefined` while it runs. */
  readonly identity: Identity
}

/** One event that a request publishes. */
export interface PublishTarget<Contract extends StreamContract> {
  /** Not checked against the contract yet. */
  readonly channel: Channel<Contract>
  /** Not checked against the contract yet. */
  readonly event: EventName<Contract>
}

/** Options of a publish handler. Write `authorize` first: the identity it returns types the context of `allow`. */
export interface PublishHandlerOptions<
  Contract extends StreamContract,
  Native,
  Answer extends Authorized = Authorized,
> {
  /**
   * Decides about every request before its body is read. Return an identity (a string, or an object with an `id`) or
   * `true` to admit, `null` or `undefined` to answer 401, `false` to answer 403. A thrown `SseError` is answered with its
   * own status. Any other value is an error and admits no one. `() => true` lets everyone publish.
   */
  authorize: (context: PublishContext<undefined> & Native) => Answer
  /**
   * Decides about each event of a request: `true` allows it. `false` is answered with 403, any other value with 500, and
   * nothing of the request is published. Default: a program that is admitted may publish every event of the contract on
   * every channel.
   */
  allow?: (
    context: PublishContext<IdentityOf<Answer>> & PublishTarget<Contract> & Native,
  ) => boolean | PromiseLike<boolean>
  /** Largest body of a request, in bytes. Default 4,194,304. `Infinity`: no limit. */
  maxBodyBytes?: number
  /**
   * How long a body may take to arrive, in milliseconds: a slower request gets 408. Default 30,000. `Infinity`: as long as
   * the server of the framework lets it.
   */
  bodyTimeoutMs?: number
  /** Receives every error, masked or not. Default: `console.error` for those that are masked for the client. */
  onError?: (error: unknown, context: PublishContext & Native) => void
}
