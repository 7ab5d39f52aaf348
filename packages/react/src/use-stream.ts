import {
  type Connect,
  type Feed,
  type FeedPayloads,
  feedPool,
  type PooledFeed,
  type StreamTarget,
  type UseStreamArguments,
} from '@sse/client/hooks'
import { useEffect, useInsertionEffect, useRef } from 'react'

/** Type of `useStream`. */
export type UseStream = <const Target extends StreamTarget>(
  target: Target,
  ...[options]: UseStreamArguments<Target>
) => Feed<FeedPayloads<Target>>

/** Returns a `useStream` whose connections `connect` opens. */
export function createUseStream(connect: Connect): UseStream {
  const pool = feedPool(connect)
  return <const Target extends StreamTarget>(target: Target, ...[options]: UseStreamArguments<Target>) => {
    const committed = useRef<PooledFeed<FeedPayloads<Target>>>(undefined)
    const feed = pool.next(committed.current, target, options)
    useInsertionEffect(() => {
      committed.current = feed
      feed.update(options)
    })
    useEffect(() => feed.retain(), [feed])
    return feed
  }
}
