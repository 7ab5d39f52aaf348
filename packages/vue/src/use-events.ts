import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, type RecentEvent, recentEvents } from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

/**
 * The newest events of that name since the component was mounted, oldest first. Changes once a frame at most, however
 * many events come.
 *
 * @param options - `limit`: how many are kept, the newest. Default 100.
 * @returns a ref of `{ payload, id, event }` of each.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<FeedSource<Payloads>>,
  name: Name,
  { limit = 100 }: { limit?: number } = {},
): Readonly<ShallowRef<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]>> {
  const events = shallowRef<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]>([])
  whileMounted(
    () => toValue(feed),
    (current) => {
      const recent = recentEvents<ListenablePayload<Payloads, Name>>(
        (listener) => current.on(name, listener),
        limit,
      )
      events.value = recent.get()
      return recent.subscribe(() => {
        events.value = recent.get()
      })
    },
  )
  return events
}
