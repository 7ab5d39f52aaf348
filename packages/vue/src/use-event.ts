import type { EventMeta, Feed, ListenableName, ListenablePayload } from '@sse/client/hooks'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

/**
 * Calls `listener` for every event of that name, or for `gap`, while the component is mounted.
 *
 * @param feed - a feed of `useStream` or `connect`.
 * @example
 * useEvent(feed, 'lead', (lead, { id }) => toast(lead.title))
 */
export function useEvent<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<Feed<Payloads>>,
  name: Name,
  listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
): void {
  whileMounted(
    () => toValue(feed),
    (current) => current.on(name, listener),
  )
}
