import {
  type Feed,
  type LatestOptions,
  type LatestPayload,
  type ListenableName,
  type ListenablePayload,
  latestEventStore,
} from '@sse/client/hooks'
import { useMemo, useSyncExternalStore } from 'react'

const onServer = () => undefined

/**
 * Returns the payload of the newest event of that name. Before the first event it is `initial`, or `undefined`. A
 * component that mounts later starts with the payload other components show. Renders at most once a frame.
 *
 * @example
 * const count = useLatest(feed, 'count', { initial: 0 })
 */
export function useLatest<
  Payloads,
  Name extends ListenableName<Payloads>,
  Options extends LatestOptions<ListenablePayload<Payloads, Name>> = object,
>(
  feed: Feed<Payloads>,
  name: Name,
  options?: Options,
): LatestPayload<ListenablePayload<Payloads, Name>, Options> {
  const store = useMemo(() => latestEventStore(feed, name), [feed, name])
  const event = useSyncExternalStore(store.subscribe, store.get, onServer)
  return (event ? event.payload : options?.initial) as LatestPayload<
    ListenablePayload<Payloads, Name>,
    Options
  >
}
