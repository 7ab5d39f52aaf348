import type { ListenableName, ListenablePayload } from '@sse/client'
import type { FeedSource } from '@sse/client/shared'
import { useEvents } from './use-events.ts'

const newest = { limit: 1 }

/**
 * The payload of the newest event of that name since the component was mounted; `undefined`, or `initial`, before
 * the first. Renders once a frame at most.
 *
 * @param initial - what to show until an event comes, such as what the server rendered.
 * @example
 * const count = useLatest(feed, 'count')
 */
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
): ListenablePayload<Payloads, Name> | undefined
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  initial: ListenablePayload<Payloads, Name>,
): ListenablePayload<Payloads, Name>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  initial?: ListenablePayload<Payloads, Name>,
): ListenablePayload<Payloads, Name> | undefined {
  const [event] = useEvents(feed, name, newest)
  return event ? event.payload : initial
}
