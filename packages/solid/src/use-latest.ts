import {
  type Feed,
  type LatestOptions,
  type LatestPayload,
  type ListenableName,
  type ListenablePayload,
  latestStore,
} from '@sse/client/hooks'
import type { Accessor } from 'solid-js'
import { useStore } from './use-store.ts'
import { access, type MaybeAccessor } from './while-mounted.ts'

/**
 * Returns the payload of the newest event of that name, as an accessor. Before the first event it is `initial`, or
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
  feed: MaybeAccessor<Feed<Payloads>>,
  name: Name,
  options?: Options,
): Accessor<LatestPayload<ListenablePayload<Payloads, Name>, Options>> {
  return useStore(
    () => access(feed),
    (current) => latestStore(current, name, options),
    options?.initial as LatestPayload<ListenablePayload<Payloads, Name>, Options>,
  )
}
