import type { Signal } from '@angular/core'
import {
  type Feed,
  type LatestOptions,
  type LatestPayload,
  type ListenableName,
  type ListenablePayload,
  latestStore,
} from '@sse/client/hooks'
import { injectStore } from './inject-store.ts'
import { access, type MaybeSignal } from './while-alive.ts'

/**
 * Returns the payload of the newest event of that name, as a signal. Before the first event, and on a server, it is
 * `initial`, or `undefined`. A component that is created later starts with the payload other components show. Changes
 * at most once a frame.
 *
 * @example
 * readonly count = injectLatest(feed, 'count', { initial: 0 })
 */
export function injectLatest<
  Payloads,
  Name extends ListenableName<Payloads>,
  Options extends LatestOptions<ListenablePayload<Payloads, Name>> = object,
>(
  feed: MaybeSignal<Feed<Payloads>>,
  name: Name,
  options?: Options,
): Signal<LatestPayload<ListenablePayload<Payloads, Name>, Options>> {
  return injectStore(
    () => access(feed),
    (current) => latestStore(current, name, options),
    options?.initial as LatestPayload<ListenablePayload<Payloads, Name>, Options>,
  )
}
