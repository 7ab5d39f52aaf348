import {
  type EventsOptions,
  eventsStore,
  type Feed,
  type ListenableName,
  type ListenablePayload,
  type RecentEvent,
} from '@sse/client/hooks'
import type { Accessor } from 'solid-js'
import { useStore } from './use-store.ts'
import { access, type MaybeAccessor } from './while-mounted.ts'

/**
 * Returns the newest events of that name since the component was mounted, oldest first, as an accessor. It changes at most
 * once a frame, however many events arrive. A listed event is always the same object, so `<For>` moves its row.
 *
 * @returns an accessor of `{ payload, id, event }` of each.
 * @example
 * const recent = useEvents(feed, 'lead', { limit: 20 })
 */
export function useEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeAccessor<Feed<Payloads>>,
  name: Name,
  { limit }: EventsOptions = {},
): Accessor<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  return useStore(
    () => access(feed),
    (current) => eventsStore(current, name, limit),
    [],
  )
}
