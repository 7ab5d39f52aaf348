import type { FeedPayloads } from '@sse/client'
import { type SharedArguments, SharedFeed, type SharedOptions, shareKey } from '@sse/client/hooks'
import { type ComputedRef, computed, type MaybeRefOrGetter, markRaw, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

type Target = Parameters<typeof shareKey>[0]

/** Options as they are, in a ref, or from a getter. */
export type ReactiveArguments<T> =
  SharedArguments<T> extends [infer Options]
    ? [options: MaybeRefOrGetter<Options>]
    : [options?: MaybeRefOrGetter<SharedOptions>]

/**
 * Follows a stream while the component is mounted. Components that ask for the same target with the same options
 * share one connection, which closes a second after the last of them has left; nothing connects on a server.
 *
 * @param target - a contract (made once, outside of components) or a URL.
 * @param options - as for `connect`, or a ref or getter of them: other values are another connection, other functions
 *   are not.
 * @returns the shared feed, in a ref.
 * @throws {SseError} as `connect`, when it is mounted.
 * @example
 * const feed = useStream(leads, () => ({ params: { owner: props.owner } }))
 */
export function useStream<const T extends Target>(
  target: T,
  ...[options]: ReactiveArguments<T>
): ComputedRef<SharedFeed<FeedPayloads<T>>> {
  const given = () => toValue(options as MaybeRefOrGetter<SharedOptions> | undefined)
  const feed = computed<SharedFeed<FeedPayloads<T>>>((known) =>
    known?.key === shareKey(target, given()) ? known : markRaw(new SharedFeed(target, given())),
  )
  whileMounted(feed, (current) => current.retain())
  whileMounted(given, (current) => {
    feed.value.update(current)
    return () => {}
  })
  return feed
}
