import type { EventMeta, Feed, ListenableName, ListenablePayload } from '@sse/client/hooks'
import { useEffect, useInsertionEffect, useRef } from 'react'

/**
 * Calls `listener` for every event of that name, or for `gap`, while the component is mounted. The listener may be a
 * new function in every render: the latest one is called.
 *
 * @param feed - a feed of `useStream` or `connect`.
 * @example
 * useEvent(feed, 'lead', (lead, { id }) => toast(lead.title))
 */
export function useEvent<Payloads, Name extends ListenableName<Payloads>>(
  feed: Feed<Payloads>,
  name: Name,
  listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
): void {
  const latest = useRef(listener)
  useInsertionEffect(() => {
    latest.current = listener
  })
  useEffect(() => feed.on(name, (payload, meta) => latest.current(payload, meta)), [feed, name])
}
