import {
  type EventsOptions,
  eventsStore,
  type Feed,
  type ListenableName,
  type ListenablePayload,
  type RecentEvent,
} from '@sse/client/hooks'
import { useMemo, useSyncExternalStore } from 'react'

const none: readonly never[] = []
const onServer = () => none

/**
 * Returns the newest events of that name since the component was mounted, oldest first. Renders at most once a frame,
 * however many events arrive.
 *
 * @returns `{ payload, id, event }` of each; the same array until it changes.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: Feed<Payloads>,
  name: Name,
  { limit }: EventsOptions = {},
): readonly RecentEvent<ListenablePayload<Payloads, Name>>[] {
  const store = useMemo(() => eventsStore(feed, name, limit), [feed, name, limit])
  return useSyncExternalStore(store.subscribe, store.get, onServer)
}
