import type { EventMeta } from '../feed/feed.ts'
import { eachFrame } from './next-frame.ts'

/** An event with what it carries, as lists keep it. */
export interface RecentEvent<Payload> extends EventMeta {
  readonly payload: Payload
}

/** The newest events of one name, for hooks: a snapshot that changes once a frame at most. */
export interface RecentEvents<Payload> {
  /** Oldest first; the same array until it changes. */
  get(): readonly RecentEvent<Payload>[]
  /** Collects while anyone is subscribed, and keeps what it has. Returns a function that stops. */
  subscribe(onChange: () => void): () => void
}

/**
 * @param listen - starts listening, and returns a function that stops.
 * @param limit - how many are kept, the newest; the others are forgotten.
 * @param first - an event that came before.
 */
export function recentEvents<Payload>(
  listen: (listener: (payload: Payload, meta: EventMeta) => void) => () => void,
  limit: number,
  first?: RecentEvent<Payload>,
): RecentEvents<Payload> {
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
      // Of its own: the same function may subscribe twice.
      const listener = () => onChange()
      listeners.add(listener)
      stop ??= listen((payload, { event, id }) => {
        arrived.push({ event, id, payload })
        // Between two frames of a busy stream: no more than twice what is shown.
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
