import type { FeedStatus } from '@sse/client'
import { CONNECTING } from '@sse/client/hooks'
import { type Live, live } from './live.ts'
import { feedOf, type StatusOf, whileMounted } from './while-mounted.ts'

/**
 * Where the stream stands. `connecting` until the component is mounted, and on a server.
 *
 * @returns the status, as `.current` and as a store.
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(feed: StatusOf): Live<FeedStatus> {
  const [status, show] = live<FeedStatus>(CONNECTING)
  whileMounted(
    () => feedOf(feed),
    (current) => {
      const stop = current.onStatus(show)
      show(current.status)
      return stop
    },
  )
  return status
}
