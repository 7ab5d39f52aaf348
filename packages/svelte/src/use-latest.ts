import type { ListenableName, ListenablePayload } from '@sse/client'
import { recentEvents, SharedFeed } from '@sse/client/hooks'
import { type Live, live } from './live.ts'
import { type FeedOf, feedOf, whileMounted } from './while-mounted.ts'

/**
 * The payload of the newest event of that name; `undefined`, or `initial`, before the first. A component that comes later
 * sees at once what the others see. Changes once a frame at most.
 *
 * @param initial - what to show until an event comes, such as what the server rendered.
 * @returns the payload, as `.current` and as a store.
 * @example
 * const count = useLatest(feed, 'count')
 */
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
): Live<ListenablePayload<Payloads, Name> | undefined>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
  initial: ListenablePayload<Payloads, Name>,
): Live<ListenablePayload<Payloads, Name>>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: FeedOf<Payloads>,
  name: Name,
  initial?: ListenablePayload<Payloads, Name>,
): Live<ListenablePayload<Payloads, Name> | undefined> {
  const [latest, show] = live(initial)
  whileMounted(
    () => feedOf(feed),
    (current) => {
      const first = current instanceof SharedFeed ? current.latest(name) : undefined
      const listen = (listener: Parameters<typeof current.on<Name>>[1]) => current.on(name, listener)
      const newest = recentEvents<ListenablePayload<Payloads, Name>>(listen, 1, first)
      const update = () => {
        const [event] = newest.get()
        show(event ? event.payload : initial)
      }
      update()
      return newest.subscribe(update)
    },
  )
  return latest
}
