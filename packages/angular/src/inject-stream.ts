import { computed, type Signal, untracked } from '@angular/core'
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
import { access, injectZone, type MaybeSignal, type RunInZone, whileAlive } from './while-alive.ts'

/** Options as a value, a signal, or a function that reads signals. */
export type ReactiveArguments<Target> =
  UseStreamArguments<Target> extends [infer Options]
    ? [options: MaybeSignal<Options>]
    : [options?: MaybeSignal<UseStreamOptions>]

/** Type of `injectStream`. */
export type InjectStream = <const Target extends StreamTarget>(
  target: Target,
  ...[options]: ReactiveArguments<Target>
) => Signal<Feed<FeedPayloads<Target>>>

/** Returns an `injectStream` whose connections `connect` opens. */
export function createInjectStream(connect: Connect): InjectStream {
  const pool = feedPool(connect)
  return <const Target extends StreamTarget>(target: Target, ...[options]: ReactiveArguments<Target>) => {
    const run = injectZone()
    const current = computed(() =>
      callbacksIn(run, access<UseStreamOptions>((options ?? {}) as MaybeSignal<UseStreamOptions>)),
    )
    let known: PooledFeed<FeedPayloads<Target>> | undefined
    const feed = computed(() => {
      const now = current()
      // Comparing requests calls the app's functions: signals that they read are not tracked.
      known = untracked(() => pool.next(known, target, now))
      return known
    })
    whileAlive(feed, (now) => now.retain())
    whileAlive(current, (now) => {
      feed().update(now)
      return () => {}
    })
    return feed
  }
}

/** Returns the options with `onGap`, `onInvalid` and `onError` running in Angular's zone. */
function callbacksIn(run: RunInZone, options: UseStreamOptions): UseStreamOptions {
  const entries = Object.entries(options).map(([name, value]) => [
    name,
    typeof value === 'function' && name.startsWith('on')
      ? (...args: unknown[]) => run(() => value(...args))
      : value,
  ])
  return Object.fromEntries(entries)
}
