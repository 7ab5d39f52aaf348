import type { EventMeta, ListenableName, ListenablePayload } from '@sse/client'
import type { FeedSource } from '@sse/client/hooks'
import { useEffect, useInsertionEffect, useRef } from 'react'

/**
 * Calls `listener` for every event of that name, or for `gap`, while the component is mounted. It may be new in
 * every render: the latest is called, nothing reconnects.
 *
 * @param feed - from `useStream`, or from `connect`.
 * @example
 * useEvent(feed, 'lead', (lead, { id }) => toast(lead.title))
 */
export function useEvent<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
): void {
  const latest = useRef(listener)
  useInsertionEffect(() => {
    latest.current = listener
  })
  useEffect(() => feed.on(name, (payload, meta) => latest.current(payload, meta)), [feed, name])
}
