import type { ListenableName, ListenablePayload } from '@sse/client'
import { type RecentEvent, recentEvents } from '@sse/client/hooks'
import { type Live, live } from './live.ts'
import { type FeedOf, feedOf, whileMounted } from './while-mounted.ts'

/**
 * The newest events of that name since the component was mounted, oldest first. Changes once a frame at most, however
 * many events come.
 *
 * @param options - `limit`: how many are kept, the newest. Default 100.
 * @returns `{ payload, id, event }` of each, as `.current` and as a store.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
  { limit = 100 }: { limit?: number } = {},
): Live<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  const [events, show] = live<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]>([])
  whileMounted(
    () => feedOf(feed),
    (current) => {
      const recent = recentEvents<ListenablePayload<Payloads, Name>>(
        (listener) => current.on(name, listener),
        limit,
      )
      show(recent.get())
      return recent.subscribe(() => show(recent.get()))
    },
  )
  return events
}
