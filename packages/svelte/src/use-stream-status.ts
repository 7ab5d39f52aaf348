import { CONNECTING, type FeedStatus, statusStore } from '@sse/client/hooks'
import type { Live } from './live.ts'
import { useStore } from './use-store.ts'
import { feedOf, type StatusOf } from './while-mounted.ts'

/**
 * Returns the status of a feed. It is `connecting` until the component is mounted, and on a server.
 *
 * @returns the status, as `.current` and as a store.
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(feed: StatusOf): Live<FeedStatus> {
  return useStore(() => feedOf(feed), statusStore, CONNECTING)
}
