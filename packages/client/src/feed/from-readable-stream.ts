import { SseError, type StreamContract } from '@sse/contract'
import { readEvents } from '../transport/fetch-transport.ts'
import type { ConnectOptions } from './connect.ts'
import type { Feed, FeedPayloads } from './feed.ts'
import { StreamFeed } from './stream-feed.ts'

export type ReadOptions = Pick<ConnectOptions, 'onInvalid' | 'onError' | 'maxQueued' | 'overflow'>

/**
 * Reads a body that is there already, such as a response's, as a feed: typed and checked by the contract, closed
 * with `ended` at its end and with `network` when it breaks. Nothing reconnects, nothing can be acknowledged.
 *
 * @param stream - bytes; the feed reads it alone, and cancels it on `close()`.
 * @throws {TypeError} the stream is locked: somebody else reads it.
 * @see https://github.com/whatwg/html/pull/12272 the name is the one planned for `EventSource`
 */
export function fromReadableStream<const Contract extends StreamContract>(
  contract: Contract,
  stream: ReadableStream<Uint8Array>,
  options: ReadOptions = {},
): Feed<FeedPayloads<Contract>> {
  const reader = stream.getReader()
  return new StreamFeed({
    contract,
    transport: (_, events) => {
      events.onOpen()
      readEvents(reader, events).then(
        (overflowed) => events.onEnd(overflowed ?? 'ended'),
        (cause) => events.onEnd(new SseError('network', 'The stream broke', { cause })),
      )
      return { close: () => void reader.cancel().catch(() => {}) }
    },
    prepare: async () => ({
      url: '',
      method: '',
      headers: {},
      body: undefined,
      credentials: undefined,
      fetch,
    }),
    reconnect: { jitterMs: 0, maxJitterMs: 0, maxAttempts: 0 },
    idleTimeoutMs: Infinity,
    lastEventId: '',
    maxQueued: 10_000,
    overflow: 'error',
    ...options,
  }) as unknown as Feed<FeedPayloads<Contract>>
}
