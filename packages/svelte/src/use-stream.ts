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
import { toStore } from 'svelte/store'
import type { Live } from './live.ts'
import { whileMounted } from './while-mounted.ts'

/** Options as a value, or a function that returns them. */
export type ReactiveArguments<Target> =
  UseStreamArguments<Target> extends [infer Options]
    ? [options: Options | (() => Options)]
    : [options?: UseStreamOptions | (() => UseStreamOptions)]

/** Type of `useStream`. */
export type UseStream = <const Target extends StreamTarget>(
  target: Target,
  ...[options]: ReactiveArguments<Target>
) => Live<Feed<FeedPayloads<Target>>>

/** Returns a `useStream` whose connections `connect` opens. */
export function createUseStream(connect: Connect): UseStream {
  const pool = feedPool(connect)
  return <const Target extends StreamTarget>(
    target: Target,
    ...[options]: ReactiveArguments<Target>
  ): Live<Feed<FeedPayloads<Target>>> => {
    const either = options as UseStreamOptions | (() => UseStreamOptions) | undefined
    const current = () => (typeof either === 'function' ? either() : either)
    let known: PooledFeed<FeedPayloads<Target>> | undefined
    const feed = () => {
      known = pool.next(known, target, current())
      return known
    }
    whileMounted(feed, (current) => current.retain())
    whileMounted(current, (now) => {
      feed().update(now)
      return () => {}
    })
    const live: Live<Feed<FeedPayloads<Target>>> = {
      get current() {
        return feed()
      },
      subscribe: (...listeners) => toStore<Feed<FeedPayloads<Target>>>(feed).subscribe(...listeners),
    }
    return live
  }
}
