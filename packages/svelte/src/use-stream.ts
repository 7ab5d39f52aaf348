import type { FeedPayloads } from '@sse/client'
import { type SharedArguments, SharedFeed, type SharedOptions, shareKey } from '@sse/client/hooks'
import { toStore } from 'svelte/store'
import type { Live } from './live.ts'
import { whileMounted } from './while-mounted.ts'

type Target = Parameters<typeof shareKey>[0]

/** Options as they are, or a function that reads them. */
export type ReactiveArguments<T> =
  SharedArguments<T> extends [infer Options]
    ? [options: Options | (() => Options)]
    : [options?: SharedOptions | (() => SharedOptions)]

/**
 * Follows a stream while the component is mounted. Components that ask for the same target with the same options
 * share one connection, which closes a second after the last of them has left; nothing connects on a server.
 *
 * Call it while the component is initialised, as `onMount`.
 *
 * @param target - a contract (made once, outside of components) or a URL.
 * @param options - as for `connect`, or a function that returns them, so that a prop or a `$state` read in it is
 *   followed: other values are another connection, other functions are not.
 * @returns the shared feed, as `.current` and as a store.
 * @throws {SseError} as `connect`, when it is mounted.
 * @example
 * const feed = useStream(leads, () => ({ params: { owner } }))
 */
export function useStream<const T extends Target>(
  target: T,
  ...[options]: ReactiveArguments<T>
): Live<SharedFeed<FeedPayloads<T>>> {
  const either = options as SharedOptions | (() => SharedOptions) | undefined
  const given = () => (typeof either === 'function' ? either() : either)
  let known: SharedFeed<FeedPayloads<T>> | undefined
  const feed = () => {
    const now = given()
    if (known?.key !== shareKey(target, now)) known = new SharedFeed(target, now)
    return known as SharedFeed<FeedPayloads<T>>
  }
  whileMounted(feed, (current) => current.retain())
  whileMounted(given, (current) => {
    feed().update(current)
    return () => {}
  })
  return {
    get current() {
      return feed()
    },
    subscribe: (...listeners) => toStore(feed).subscribe(...listeners),
  }
}
