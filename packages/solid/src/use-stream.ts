import {
  type Connect,
  type Feed,
  type FeedPayloads,
  feedPool,
  type PooledFeed,
  type StreamTarget,
  type UseStreamArguments,
  type UseStreamOptions,
} from '@sse/client/hooks'
import { type Accessor, createMemo } from 'solid-js'
import { access, type MaybeAccessor, whileMounted } from './while-mounted.ts'

/** Options as a value or an accessor. */
export type ReactiveArguments<Target> =
  UseStreamArguments<Target> extends [infer Options]
    ? [options: MaybeAccessor<Options>]
    : [options?: MaybeAccessor<UseStreamOptions>]

/** Type of `useStream`. */
export type UseStream = <const Target extends StreamTarget>(
  target: Target,
  ...[options]: ReactiveArguments<Target>
) => Accessor<Feed<FeedPayloads<Target>>>

/** Returns a `useStream` whose connections `connect` opens. */
export function createUseStream(connect: Connect): UseStream {
  const pool = feedPool(connect)
  return <const Target extends StreamTarget>(target: Target, ...[options]: ReactiveArguments<Target>) => {
    const current = () => access<UseStreamOptions>((options ?? {}) as MaybeAccessor<UseStreamOptions>)
    const feed = createMemo<PooledFeed<FeedPayloads<Target>>>((known) => pool.next(known, target, current()))
    whileMounted(feed, (current) => current.retain())
    whileMounted(current, (now) => {
      feed().update(now)
      return () => {}
    })
    return feed
  }
}
