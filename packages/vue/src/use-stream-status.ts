import { CONNECTING, type FeedStatus, type StatusSource, statusStore } from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, toValue } from 'vue'
import { useStore } from './use-store.ts'

/**
 * Returns the status of a feed, in a ref. It is `connecting` until the component is mounted, and on a server.
 *
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(feed: MaybeRefOrGetter<StatusSource>): Readonly<ShallowRef<FeedStatus>> {
  return useStore(() => toValue(feed), statusStore, CONNECTING)
}
