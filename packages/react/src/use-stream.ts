import type { FeedPayloads } from '@sse/client'
import { type SharedArguments, SharedFeed, shareKey } from '@sse/client/hooks'
import { useEffect, useInsertionEffect, useMemo } from 'react'

type Target = Parameters<typeof shareKey>[0]

/**
 * Follows a stream while the component is mounted. Components that ask for the same target with the same options
 * share one connection, which closes a second after the last of them has left; nothing connects on a server.
 *
 * @param target - a contract (made once, outside of components) or a URL.
 * @param options - as for `connect`. Functions may be new in every render: the latest is called, nothing reconnects.
 * @returns the same object until the target or a value among the options changes.
 * @throws {SseError} as `connect`, in an effect, so that an error boundary shows it.
 * @example
 * const feed = useStream(leads, { params: { owner } })
 */
export function useStream<const T extends Target>(
  target: T,
  ...[options]: SharedArguments<T>
): SharedFeed<FeedPayloads<T>> {
  const key = shareKey(target, options)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for target and options.
  const feed = useMemo(() => new SharedFeed<FeedPayloads<T>>(target, options), [key])
  useInsertionEffect(() => feed.update(options))
  useEffect(() => feed.retain(), [feed])
  return feed
}
