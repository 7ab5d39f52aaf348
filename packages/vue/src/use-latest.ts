import {
  type Feed,
  type LatestOptions,
  type LatestPayload,
  type ListenableName,
  type ListenablePayload,
  latestStore,
} from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, toValue } from 'vue'
import { useStore } from './use-store.ts'

/**
 * Returns the payload of the newest event of that name, in a ref. Before the first event it is `initial`, or
 * `undefined`. A component that mounts later starts with the payload other components show. Changes at most once a
 * frame.
 *
 * @example
 * const count = useLatest(feed, 'count', { initial: 0 })
 */
export function useLatest<
  Payloads,
  Name extends ListenableName<Payloads>,
  Options extends LatestOptions<ListenablePayload<Payloads, Name>> = object,
>(
  feed: MaybeRefOrGetter<Feed<Payloads>>,
  name: Name,
  options?: Options,
): Readonly<ShallowRef<LatestPayload<ListenablePayload<Payloads, Name>, Options>>> {
  return useStore(
    () => toValue(feed),
    (current) => latestStore(current, name, options),
    options?.initial as LatestPayload<ListenablePayload<Payloads, Name>, Options>,
  )
}
