import {
  type EventsOptions,
  eventsStore,
  type ListenableName,
  type ListenablePayload,
  type RecentEvent,
} from '@sse/client/hooks'
import type { Live } from './live.ts'
import { useStore } from './use-store.ts'
import { type FeedOf, feedOf } from './while-mounted.ts'

/**
 * Returns the newest events of that name since the component was mounted, oldest first. It changes at most
 * once a frame, however many events arrive.
 *
 * @returns `{ payload, id, event }` of each, as `.current` and as a store.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
  { limit }: EventsOptions = {},
): Live<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  return useStore(
    () => feedOf(feed),
    (current) => eventsStore(current, name, limit),
    [],
  )
}
