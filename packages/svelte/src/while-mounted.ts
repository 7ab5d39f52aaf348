import type { Feed, StatusSource } from '@sse/client/hooks'
import { onMount, untrack } from 'svelte'
import { toStore } from 'svelte/store'

/** Feed, result of `useStream`, or function that returns a feed. */
export type FeedOf<Payloads> = OneOf<Feed<Payloads>>

/** `FeedOf` where only the status is needed. */
export type StatusOf = OneOf<StatusSource>

type OneOf<Source> = Source | { readonly current: Source } | (() => Source)

/** Returns the current feed. It is tracked unless it was given as a value. */
export function feedOf<Source extends object>(feed: OneOf<Source>): Source {
  if (typeof feed === 'function') return feed()
  return 'current' in feed ? feed.current : feed
}

/** Runs `start` for the value, and for each later one, until the component is destroyed. Never runs on a server. */
export function whileMounted<Value>(source: () => Value, start: (value: Value) => () => void): void {
  onMount(() => {
    let known: Value | undefined
    let stop = () => {}
    // Tracks a function without the compiler.
    const unsubscribe = toStore(source).subscribe((value) => {
      if (value === known) return
      known = value
      stop()
      // State that `start` reads, for example in an option function, is not tracked.
      stop = untrack(() => start(value))
    })
    return () => {
      unsubscribe()
      stop()
    }
  })
}
