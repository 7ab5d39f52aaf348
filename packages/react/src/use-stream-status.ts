import type { Feed, FeedStatus } from '@sse/client'
import { CONNECTING } from '@sse/client/hooks'
import { useCallback, useSyncExternalStore } from 'react'

const onServer = () => CONNECTING

/**
 * Where the stream stands: renders with each change. On a server, `connecting`.
 *
 * @example
 * const { state } = useStreamStatus(feed)
 */
export function useStreamStatus(feed: Pick<Feed<unknown>, 'onStatus' | 'status'>): FeedStatus {
  const subscribe = useCallback((onChange: () => void) => feed.onStatus(onChange), [feed])
  return useSyncExternalStore(subscribe, () => feed.status, onServer)
}
