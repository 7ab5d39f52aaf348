import type { FeedPayloads } from '@sse/client'
import { type SharedArguments, SharedFeed, type SharedOptions, shareKey } from '@sse/client/hooks'
import { type Accessor, createMemo } from 'solid-js'
import { access, type MaybeAccessor, whileMounted } from './while-mounted.ts'

type Target = Parameters<typeof shareKey>[0]

/** Options as they are, or from an accessor. */
export type ReactiveArguments<T> =
  SharedArguments<T> extends [infer Options]
    ? [options: MaybeAccessor<Options>]
    : [options?: MaybeAccessor<SharedOptions>]

/**
 * Follows a stream while the component is mounted. Components that ask for the same target with the same options
 * share one connection, which closes a second after the last of them has left; nothing connects on a server.
 *
 * @param target - a contract (made once, outside of components) or a URL.
 * @param options - as for `connect`, or an accessor of them, so that a prop or a signal read in it is followed: other
 *   values are another connection, other functions are not.
 * @returns an accessor of the shared feed.
 * @throws {SseError} as `connect`, when it is mounted, so that an `ErrorBoundary` shows it.
 * @example
 * const feed = useStream(leads, () => ({ params: { owner: props.owner } }))
 */
export function useStream<const T extends Target>(
  target: T,
  ...[options]: ReactiveArguments<T>
): Accessor<SharedFeed<FeedPayloads<T>>> {
  const given = () => access<SharedOptions>((options ?? {}) as MaybeAccessor<SharedOptions>)
  const feed = createMemo<SharedFeed<FeedPayloads<T>>>((known) => {
    const now = given()
    return known?.key === shareKey(target, now) ? known : new SharedFeed(target, now)
  })
  whileMounted(feed, (current) => current.retain())
  whileMounted(given, (current) => {
    feed().update(current)
    return () => {}
  })
  return feed
}
