import {
  type EventsOptions,
  eventsStore,
  type Feed,
  type ListenableName,
  type ListenablePayload,
  type RecentEvent,
} from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, toValue } from 'vue'
import { useStore } from './use-store.ts'

/**
 * Returns the newest events of that name since the component was mounted, oldest first, in a ref. It changes at most
 * once a frame, however many events arrive.
 *
 * @returns a ref of `{ payload, id, event }` of each.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<Feed<Payloads>>,
  name: Name,
  { limit }: EventsOptions = {},
): Readonly<ShallowRef<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]>> {
  return useStore(
    () => toValue(feed),
    (current) => eventsStore(current, name, limit),
    [],
  )
}
