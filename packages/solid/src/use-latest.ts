import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, recentEvents, SharedFeed } from '@sse/client/hooks'
import { type Accessor, createSignal } from 'solid-js'
import { access, type MaybeAccessor, whileMounted } from './while-mounted.ts'

/**
 * The payload of the newest event of that name, as an accessor; `undefined`, or `initial`, before the first. A component
 * that comes later sees at once what the others see. Changes once a frame at most.
 *
 * @param initial - what to show until an event comes, such as what the server rendered.
 * @example
 * const count = useLatest(feed, 'count')
 */
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeAccessor<FeedSource<Payloads>>,
  name: Name,
): Accessor<ListenablePayload<Payloads, Name> | undefined>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeAccessor<FeedSource<Payloads>>,
  name: Name,
  initial: ListenablePayload<Payloads, Name>,
): Accessor<ListenablePayload<Payloads, Name>>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeAccessor<FeedSource<Payloads>>,
  name: Name,
  initial?: ListenablePayload<Payloads, Name>,
): Accessor<ListenablePayload<Payloads, Name> | undefined> {
  const [latest, setLatest] = createSignal(initial)
  whileMounted(
    () => access(feed),
    (current) => {
      const first = current instanceof SharedFeed ? current.latest(name) : undefined
      const listen = (listener: Parameters<typeof current.on<Name>>[1]) => current.on(name, listener)
      const newest = recentEvents<ListenablePayload<Payloads, Name>>(listen, 1, first)
      const show = () => {
        const [event] = newest.get()
        setLatest(() => (event ? event.payload : initial))
      }
      show()
      return newest.subscribe(show)
    },
  )
  return latest
}
