import { CONNECTING, type FeedStatus, type StatusSource, statusStore } from '@sse/client/hooks'
import { useMemo, useSyncExternalStore } from 'react'

const onServer = () => CONNECTING

/**
 * Returns the status of a feed, and renders with each change. On a server it is `connecting`.
 *
 * @example
 * const { state } = useStreamStatus(feed)
 */
export function useStreamStatus(feed: StatusSource): FeedStatus {
  const store = useMemo(() => statusStore(feed), [feed])
  return useSyncExternalStore(store.subscribe, store.get, onServer)
}
