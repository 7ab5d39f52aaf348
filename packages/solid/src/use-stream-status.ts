import type { Feed, FeedStatus } from '@sse/client'
import { CONNECTING } from '@sse/client/hooks'
import { type Accessor, createSignal } from 'solid-js'
import { access, type MaybeAccessor, whileMounted } from './while-mounted.ts'

/**
 * Where the stream stands, as an accessor. `connecting` until the component is mounted, and on a server.
 *
 * @example
 * const status = useStreamStatus(feed)
 */
export function useStreamStatus(
  feed: MaybeAccessor<Pick<Feed<unknown>, 'onStatus' | 'status'>>,
): Accessor<FeedStatus> {
  const [status, setStatus] = createSignal<FeedStatus>(CONNECTING)
  whileMounted(
    () => access(feed),
    (current) => {
      const stop = current.onStatus(setStatus)
      setStatus(current.status)
      return stop
    },
  )
  return status
}
