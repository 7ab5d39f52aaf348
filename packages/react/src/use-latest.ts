import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, recentEvents, SharedFeed } from '@sse/client/hooks'
import { useMemo, useSyncExternalStore } from 'react'

const onServer = () => undefined

/**
 * The payload of the newest event of that name; `undefined`, or `initial`, before the first. A component that comes
 * later sees at once what the others see. Renders once a frame at most.
 *
 * @param initial - what to show until an event comes, such as what the server rendered.
 * @example
 * const count = useLatest(feed, 'count')
 */
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
): ListenablePayload<Payloads, Name> | undefined
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  initial: ListenablePayload<Payloads, Name>,
): ListenablePayload<Payloads, Name>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedSource<Payloads>,
  name: Name,
  initial?: ListenablePayload<Payloads, Name>,
): ListenablePayload<Payloads, Name> | undefined {
  const newest = useMemo(() => {
    const first = feed instanceof SharedFeed ? feed.latest(name) : undefined
    return recentEvents<ListenablePayload<Payloads, Name>>((listener) => feed.on(name, listener), 1, first)
  }, [feed, name])
  const event = useSyncExternalStore(newest.subscribe, () => newest.get()[0], onServer)
  return event ? event.payload : initial
}
