import { isSseError, type PathParams, SseError, type StreamContract } from '@sse/contract'
import { checkLastEventId } from './last-event-id.ts'
import { refusal, type StreamReply, type StreamRequest } from './stream-handler.ts'

/** Whoever remembers how far a subscriber has got: a hub. */
export interface AckTarget<Contract extends StreamContract = StreamContract> {
  readonly contract: Contract
  ack(subscriber: string, id: string): Promise<void>
}

/** What `ack` tells the functions it is given, beside the framework's own objects. */
export interface AckContext<Contract extends StreamContract> {
  /** The path's parameters, decoded. */
  readonly params: Contract extends StreamContract<infer Path> ? PathParams<Path> : never
}

export interface AckOptions<Context> {
  /** Decides first, as it does for `sse()`: `false` is answered with 403, an `SseError` with its status. */
  authorize?: (context: Context) => unknown
  /** Told of every error. Default: `console.error` for those that are masked for the client. */
  onError?: (error: unknown, context: Context) => void
}

/** What every `ack()` takes. */
export type AckArguments<Contract extends StreamContract, Native> = [
  hub: AckTarget<Contract>,
  /** Whose position it is; `undefined` is answered with 401. */
  subscriber: (context: AckContext<Contract> & Native) => string | undefined | Promise<string | undefined>,
  options?: AckOptions<AckContext<Contract> & Native>,
]

export type AckHandler<Native> = (request: StreamRequest<Native>) => Promise<StreamReply>

const DONE: StreamReply = { status: 204, headers: {}, body: '', connection: undefined }

/**
 * The part of `ack()` that no framework changes: the id comes in `Last-Event-ID`, so there is no body to parse.
 * A header of one's own is also what keeps another site's form from sending it.
 */
export function createAckHandler<Native>(...given: AckArguments<StreamContract, Native>): AckHandler<Native> {
  const [hub, subscriberOf, options = {}] = given
  checkArguments(hub, subscriberOf)
  return async (request) => {
    const context = { ...request.native, params: request.params } as AckContext<StreamContract> & Native
    try {
      if (request.method !== 'POST') throw new SseError('method_not_allowed', 'POST it', { status: 405 })
      if (options.authorize && (await options.authorize(context)) === false) {
        throw new SseError('forbidden', 'This stream is not open to you')
      }
      const subscriber = await subscriberOf(context)
      if (subscriber === undefined) throw new SseError('unauthorized', 'Say who you are')
      if (!request.lastEventId) throw new SseError('ack_invalid', 'Last-Event-ID is missing', { status: 400 })
      checkLastEventId(request.lastEventId)
      await hub.ack(subscriber, request.lastEventId)
      return DONE
    } catch (error) {
      tell(options.onError, error, context)
      return refusal(error)
    }
  }
}

function tell<Context>(onError: AckOptions<Context>['onError'], error: unknown, context: Context): void {
  try {
    if (onError) onError(error, context)
    else if (!isSseError(error) || !error.expose) console.error(error)
  } catch (thrown) {
    console.error(thrown)
  }
}

function checkArguments(hub: unknown, subscriberOf: unknown): void {
  const isHub = typeof hub === 'object' && hub !== null && 'ack' in hub && 'contract' in hub
  if (isHub && typeof subscriberOf === 'function') return
  throw new SseError('option_invalid', 'ack takes a hub and a function that says whose position it is')
}
