import { CONNECTING, type FeedStatus, type StatusSource, statusStore } from '@sse/client/hooks'
import type { Accessor } from 'solid-js'
import { useStore } from './use-store.ts'
import { access, type MaybeAccessor } from './while-mounted.ts'

/**
 * Returns the status of a feed, as an accessor. It is `connecting` until the component is mounted, and on a server.
 *
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(feed: MaybeAccessor<StatusSource>): Accessor<FeedStatus> {
  return useStore(() => access(feed), statusStore, CONNECTING)
}
