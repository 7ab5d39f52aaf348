import type { EventMeta, Feed, ListenableName, ListenablePayload } from '@sse/client/hooks'
import { access, injectZone, type MaybeSignal, whileAlive } from './while-alive.ts'

/**
 * Calls `listener` for every event of that name, or for `gap`, until the component or service is destroyed. With
 * zone.js, it runs in Angular's zone, and change detection follows once for the events that arrive together.
 *
 * @param feed - a feed of `injectStream` or `connect`.
 * @example
 * injectEvent(feed, 'lead', (lead, { id }) => toast(lead.title))
 */
export function injectEvent<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeSignal<Feed<Payloads>>,
  name: Name,
  listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
): void {
  const run = injectZone()
  whileAlive(
    () => access(feed),
    (current) => current.on(name, (payload, meta) => run(() => listener(payload, meta))),
  )
}
