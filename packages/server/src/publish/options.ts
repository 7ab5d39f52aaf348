import type { Channel, EventName, StreamContract } from '@sse/contract'
import type { Hub } from '../hub/hub.ts'
import type { Authorized, IdentityOf } from '../stream/identity.ts'

/** Argument of the options' functions, next to the framework's own objects. */
export interface PublishContext<Identity = unknown> {
  /** Parameters of the path, if the framework's router found some. */
  readonly params: Readonly<Record<string, string>>
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
  /** What `authorize` returned; `undefined` while it runs. */
  readonly identity: Identity
}

/** An event as a program sent it. Channel, name and payload are checked against the contract. */
export interface PublishedEvent<Contract extends StreamContract> {
  readonly channel: Channel<Contract>
  readonly event: EventName<Contract>
  readonly payload: unknown
}

/** Options of `publishHandler`. Write `authorize` first: the identity it returns types the context of `allows`. */
export interface PublishOptions<
  Contract extends StreamContract,
  Native,
  Answer extends Authorized = Authorized,
> {
  /**
   * Decides for each request. Return an identity (a string, or an object with an `id`) or `true` to admit, `null` or
   * `undefined` to answer 401, `false` to answer 403. A thrown `SseError` is answered with its own status. Any other
   * value is an error and admits no one.
   */
  authorize: (context: PublishContext<undefined> & Native) => Answer
  /**
   * Decides for each event, before any of its request is stored. Any answer but `true` refuses the request with 403.
   * Default: a program that is admitted may publish every event of the contract to every channel.
   */
  allows?: (
    event: PublishedEvent<Contract>,
    context: PublishContext<IdentityOf<Answer>> & Native,
  ) => boolean | PromiseLike<boolean>
  /**
   * Largest body, in bytes. Default 1,048,576. A framework that has parsed the body before applies its own limit.
   */
  maxBodyBytes?: number
  /** How long a body may take to arrive, in milliseconds. Default 30,000. `Infinity`: any time. */
  bodyTimeoutMs?: number
  /** Receives every error, masked or not. Default: `console.error` for those that are masked for the client. */
  onError?: (error: unknown, context: PublishContext & Native) => void
}

/** The function `publishHandler` of a framework. */
export interface PublishHandler<Native, Handler> {
  /**
   * Makes an HTTP endpoint with which other programs publish to a hub: POST with JSON, one event or a list of them.
   *
   * The body is `{ channel, event, payload, key?, idempotencyKey? }` or an array of up to 1,000 such objects. The answer
   * is `{ "ids": […] }` once all events are stored. All are checked before the first is stored. With the header
   * `Idempotency-Key` a request may be repeated: what it has stored before is not stored again.
   *
   * @throws {SseError} `option_invalid` when it is made. Requests are answered with `content_type_unsupported` (415),
   * `body_invalid` (400), `body_too_large` (413), `publish_invalid` (422, naming the event), `forbidden`, and 503 with
   * `Retry-After` while the engine cannot store.
   * @see docs/guides/publish-from-other-programs.md
   */
  <Contract extends StreamContract, Answer extends Authorized = Authorized>(
    // biome-ignore lint/suspicious/noExplicitAny: a hub on any engine
    hub: Hub<Contract, any>,
    options: PublishOptions<Contract, Native, Answer>,
  ): Handler
}
