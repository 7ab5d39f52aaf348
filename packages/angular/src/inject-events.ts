import type { Signal } from '@angular/core'
import {
  type EventsOptions,
  eventsStore,
  type Feed,
  type ListenableName,
  type ListenablePayload,
  type RecentEvent,
} from '@sse/client/hooks'
import { injectStore } from './inject-store.ts'
import { access, type MaybeSignal } from './while-alive.ts'

/**
 * Returns the newest events of that name since the component or service was created, oldest first, as a signal. It
 * changes at most once a frame, however many events arrive. A listed event is always the same object.
 *
 * @returns a signal of `{ payload, id, event }` of each.
 * @example
 * readonly recent = injectEvents(feed, 'lead', { limit: 20 })
 */
export function injectEvents<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeSignal<Feed<Payloads>>,
  name: Name,
  { limit }: EventsOptions = {},
): Signal<readonly RecentEvent<ListenablePayload<Payloads, Name>>[]> {
  return injectStore(
    () => access(feed),
    (current) => eventsStore(current, name, limit),
    [],
  )
}
