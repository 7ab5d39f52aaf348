import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, type RecentEvent, recentEvents } from '@sse/client/hooks'
import { useMemo, useSyncExternalStore } from 'react'

const none: readonly never[] = []
const onServer = () => none

/**
 * The newest events of that name since the component was mounted, oldest first. Renders once a frame at most,
 * however many events come.
 *
 * @param options - `limit`: how many are kept, the newest. Default 100.
 * @returns `{ payload, id, event }` of each; the same array until it changes.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  { limit = 100 }: { limit?: number } = {},
): readonly RecentEvent<ListenablePayload<Payloads, Name>>[] {
  const recent = useMemo(
    () => recentEvents<ListenablePayload<Payloads, Name>>((listener) => feed.on(name, listener), limit),
    [feed, name, limit],
  )
  return useSyncExternalStore(recent.subscribe, recent.get, onServer)
}
