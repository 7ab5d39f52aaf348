import type { ListenableName, ListenablePayload } from '@sse/client'
import { type FeedSource, recentEvents, SharedFeed } from '@sse/client/hooks'
import { type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

/**
 * The payload of the newest event of that name, in a ref; `undefined`, or `initial`, before the first. A component that
 * comes later sees at once what the others see. Changes once a frame at most.
 *
 * @param initial - what to show until an event comes, such as what the server rendered.
 * @example
 * const count = useLatest(feed, 'count')
 */
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<FeedSource<Payloads>>,
  name: Name,
): Readonly<ShallowRef<ListenablePayload<Payloads, Name> | undefined>>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<FeedSource<Payloads>>,
  name: Name,
  initial: ListenablePayload<Payloads, Name>,
): Readonly<ShallowRef<ListenablePayload<Payloads, Name>>>
export function useLatest<Payloads, Name extends ListenableName<Payloads>>(
  feed: MaybeRefOrGetter<FeedSource<Payloads>>,
  name: Name,
  initial?: ListenablePayload<Payloads, Name>,
): Readonly<ShallowRef<ListenablePayload<Payloads, Name> | undefined>> {
  type Latest = ListenablePayload<Payloads, Name> | undefined
  const latest = shallowRef<Latest>(initial) as ShallowRef<Latest>
  whileMounted(
    () => toValue(feed),
    (current) => {
      const first = current instanceof SharedFeed ? current.latest(name) : undefined
      const listen = (listener: Parameters<typeof current.on<Name>>[1]) => current.on(name, listener)
      const newest = recentEvents<ListenablePayload<Payloads, Name>>(listen, 1, first)
      const show = () => {
        const [event] = newest.get()
        latest.value = event ? event.payload : initial
      }
      show()
      return newest.subscribe(show)
    },
  )
  return latest
}
