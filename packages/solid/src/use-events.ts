import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, type RecentEvent, recentEvents } from '@sse/client/hooks'
import { type Accessor, createSignal } from 'solid-js'
import { access, type MaybeAccessor, whileMounted } from './while-mounted.ts'

/**
 * The newest events of that name since the component was mounted, oldest first. Changes once a frame at most, however
 * many events come. What is in it is the same object as long as it is listed, so `<For>` moves its rows.
 *
 * @param options - `limit`: how many are kept, the newest. Default 100.
 * @returns an accessor of `{ payload, id, event }` of each.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeAccessor<FeedSource<Payloads>>,
  name: Name,
  { limit = 100 }: { limit?: number } = {},
): Accessor<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  const [events, setEvents] = createSignal<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]>([])
  whileMounted(
    () => access(feed),
    (current) => {
      const recent = recentEvents<ListenablePayload<Payloads, Name>>(
        (listener) => current.on(name, listener),
        limit,
      )
      setEvents(recent.get())
      return recent.subscribe(() => setEvents(recent.get()))
    },
  )
  return events
}
