import { SseError, type StreamContract } from '@sse/contract'
import { DEFAULT_RECONNECT } from '../connection/reconnect.ts'
import { readEvents } from '../transport/read-events.ts'
import type { ConnectOptions } from './connect.ts'
import type { Feed, FeedPayloads } from './feed.ts'
import { StreamFeed } from './stream-feed.ts'

export type ReadOptions = Pick<ConnectOptions, 'onInvalid' | 'onError' | 'maxQueued' | 'overflow'>

/**
 * Reads an existing body, such as a response's, as a feed: typed and checked by the contract. The feed closes with
 * `ended` at the end of the body and with a `network` error if it breaks. It never reconnects; `ack` and `stop` reject with `option_invalid`.
 *
 * @param stream - bytes. The feed is its only reader, and cancels it on `close()`.
 * @throws {TypeError} if the stream is locked by another reader.
 * @see https://github.com/whatwg/html/pull/12272 for the name, planned for `EventSource`
 */
export function fromReadableStream<const Contract extends StreamContract>(
  contract: Contract,
  stream: ReadableStream<Uint8Array>,
  options: ReadOptions = {},
): Feed<FeedPayloads<Contract>> {
  const reader = stream.getReader()
  let isPrepared = false
  const feed = new StreamFeed({
    contract,
    transport: (_, events) => {
      events.onOpen()
      readEvents(reader, events).then(
        (failure) => events.onEnd(failure ?? 'ended'),
        (cause) => events.onEnd(new SseError('network', 'The stream broke', { cause })),
      )
      return { close() {} }
    },
    prepare: async () => {
      if (isPrepared) throw new SseError('option_invalid', 'fromReadableStream: this feed has no URL')
      isPrepared = true
      return { url: '', method: '', headers: {}, body: undefined, credentials: undefined, fetch }
    },
    reconnect: { ...DEFAULT_RECONNECT, maxAttempts: 0 },
    idleTimeoutMs: Infinity,
    lastEventId: '',
    maxQueued: 10_000,
    overflow: 'error',
    ...options,
  })
  // Not in the transport: the feed may be closed before it starts.
  feed.onStatus(({ state }) => {
    if (state === 'closed') reader.cancel().catch(() => {})
  })
  return feed as unknown as Feed<FeedPayloads<Contract>>
}
