import type { EventMeta, ListenableName, ListenablePayload } from '@sse/client/hooks'
import { type FeedOf, feedOf, whileMounted } from './while-mounted.ts'

/**
 * Calls `listener` for every event of that name, or for `gap`, while the component is mounted.
 *
 * @param feed - a feed of `useStream` or `connect`.
 * @example
 * useEvent(feed, 'lead', (lead, { id }) => toast(lead.title))
 */
export function useEvent<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
  listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
): void {
  whileMounted(
    () => feedOf(feed),
    (current) => current.on(name, listener),
  )
}
