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
import { type ComputedRef, computed, type MaybeRefOrGetter, markRaw, toValue } from 'vue'
import { whileMounted } from './while-mounted.ts'

/** Options as a value, a ref, or a getter. */
export type ReactiveArguments<Target> =
  UseStreamArguments<Target> extends [infer Options]
    ? [options: MaybeRefOrGetter<Options>]
    : [options?: MaybeRefOrGetter<UseStreamOptions>]

/** Type of `useStream`. */
export type UseStream = <const Target extends StreamTarget>(
  target: Target,
  ...[options]: ReactiveArguments<Target>
) => ComputedRef<Feed<FeedPayloads<Target>>>

/** Returns a `useStream` whose connections `connect` opens. */
export function createUseStream(connect: Connect): UseStream {
  const pool = feedPool(connect)
  return <const Target extends StreamTarget>(target: Target, ...[options]: ReactiveArguments<Target>) => {
    const current = () => toValue(options as MaybeRefOrGetter<UseStreamOptions> | undefined)
    const feed = computed<PooledFeed<FeedPayloads<Target>>>((known) =>
      markRaw(pool.next(known, target, current())),
    )
    whileMounted(feed, (current) => current.retain())
    whileMounted(current, (now) => {
      feed.value.update(now)
      return () => {}
    })
    return feed
  }
}
