import type { Feed, FeedStatus } from '@sse/client'
import { CONNECTING } from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

/**
 * Where the stream stands, in a ref. `connecting` until the component is mounted, and on a server.
 *
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(
  feed: MaybeRefOrGetter<Pick<Feed<unknown>, 'onStatus' | 'status'>>,
): Readonly<ShallowRef<FeedStatus>> {
  const status = shallowRef(CONNECTING)
  whileMounted(
    () => toValue(feed),
    (current) => {
      const stop = current.onStatus((now) => {
        status.value = now
      })
      status.value = current.status
      return stop
    },
  )
  return status
}
