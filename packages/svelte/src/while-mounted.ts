import type { Feed } from '@sse/client'
import type { FeedSource } from '@sse/client/hooks'
import { onMount, untrack } from 'svelte'
import { toStore } from 'svelte/store'

/** A feed as it is, what `useStream` returned, or a function that reads which one. */
export type FeedOf<Payloads> = OneOf<FeedSource<Payloads>>

/** As `FeedOf`, for what needs the status alone. */
export type StatusOf = OneOf<Pick<Feed<unknown>, 'onStatus' | 'status'>>

type OneOf<Source> = Source | { readonly current: Source } | (() => Source)

/** Which feed it is now; tracked unless it is a feed itself. */
export function feedOf<Source extends object>(feed: OneOf<Source>): Source {
  if (typeof feed === 'function') return feed()
  return 'current' in feed ? feed.current : feed
}

/** Runs `start` for the value, and for each that follows it, until the component is destroyed; never on a server. */
export function whileMounted<Value>(source: () => Value, start: (value: Value) => () => void): void {
  onMount(() => {
    let known: Value | undefined
    let stop = () => {}
    // The runes' way to follow a function without a compiler.
    const unsubscribe = toStore(source).subscribe((value) => {
      if (value === known) return
      known = value
      stop()
      // What is read inside, such as by a function among the options, is not what is followed.
      stop = untrack(() => start(value))
    })
    return () => {
      unsubscribe()
      stop()
    }
  })
}
