import type { EventMeta } from '../feed/feed.ts'
import { eachFrame } from './next-frame.ts'
import type { Store } from './store.ts'

/** Event with its payload, as kept in lists. */
export interface RecentEvent<Payload> extends EventMeta {
  readonly payload: Payload
}

/**
 * Returns a store of the newest events, oldest first. It changes at most once a frame, collects while it has
 * subscribers, and keeps its events when the last one leaves.
 *
 * @param listen - starts listening, and returns a function that stops.
 * @param limit - maximum number of events kept. The oldest are dropped.
 * @param first - an event received before.
 */
export function recentEvents<Payload>(
  listen: (listener: (payload: Payload, meta: EventMeta) => void) => () => void,
  limit: number,
  first?: RecentEvent<Payload>,
): Store<readonly RecentEvent<Payload>[]> {
  const listeners = new Set<() => void>()
  let shown: readonly RecentEvent<Payload>[] = first ? [first] : []
  let arrived: RecentEvent<Payload>[] = []
  let stop: (() => void) | undefined
  const frame = eachFrame(() => {
    shown = [...shown, ...arrived].slice(-limit)
    arrived = []
    for (const listener of [...listeners]) listener()
  })
  return {
    get: () => shown,
    subscribe(onChange) {
      // A function per call: the same one may subscribe twice.
      const listener = () => onChange()
      listeners.add(listener)
      stop ??= listen((payload, { event, id }) => {
        arrived.push({ event, id, payload })
        // Bounds the memory used between two frames of a busy stream.
        if (arrived.length >= 2 * limit) arrived = arrived.slice(-limit)
        frame.request()
      })
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        frame.cancel()
        stop?.()
        stop = undefined
      }
    },
  }
}
