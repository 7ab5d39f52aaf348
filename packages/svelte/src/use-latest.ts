import {
  type LatestOptions,
  type LatestPayload,
  type ListenableName,
  type ListenablePayload,
  latestStore,
} from '@sse/client/hooks'
import type { Live } from './live.ts'
import { useStore } from './use-store.ts'
import { type FeedOf, feedOf } from './while-mounted.ts'

/**
 * Returns the payload of the newest event of that name. Before the first event it is `initial`, or
 * `undefined`. A component that mounts later starts with the payload other components show. Changes at most once a
 * frame.
 *
 * @returns the payload, as `.current` and as a store.
 * @example
 * const count = useLatest(feed, 'count', { initial: 0 })
 */
export function useLatest<
  Payloads,
  Name extends ListenableName<Payloads>,
  Options extends LatestOptions<ListenablePayload<Payloads, Name>> = object,
>(
  feed: FeedOf<Payloads>,
  name: Name,
  options?: Options,
): Live<LatestPayload<ListenablePayload<Payloads, Name>, Options>> {
  return useStore(
    () => feedOf(feed),
    (current) => latestStore(current, name, options),
    options?.initial as LatestPayload<ListenablePayload<Payloads, Name>, Options>,
  )
}
