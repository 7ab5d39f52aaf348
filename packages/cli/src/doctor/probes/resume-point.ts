import { END_ID, RESERVED_PREFIX } from '@sse/contract/protocol'

/** An event, or an id without one. */
export interface StreamItem {
  readonly atMs: number
  /** The id that this block sets. */
  readonly id: string | undefined
  /** `undefined` for an id without an event. */
  readonly event: string | undefined
  /** The first 4,096 characters. */
  readonly data: string
}

/** Where a second connection resumes, and what it should get. */
export interface ResumePoint {
  readonly id: string
  /** Ids of events before the point, the oldest first. */
  readonly before: readonly string[]
  readonly expected: readonly StreamItem[]
}

/** More are not compared. */
const MAX_EXPECTED = 20

/** Returns whether an item is an event of the app: no control event, heartbeat or mere id. */
export function isAppEvent({ event }: StreamItem): boolean {
  return event !== undefined && !event.startsWith(RESERVED_PREFIX) && !isHeartbeat(event)
}

/** Names that servers give to events which only keep the connection alive. */
export function isHeartbeat(event: string): boolean {
  return /^(sse\.heartbeat|ping|heartbeat|keep-?alive)$/i.test(event)
}

/** Events of the app that have an id to resume after. */
export function eventsWithIds(items: readonly StreamItem[]): (StreamItem & { id: string })[] {
  return items.filter((item): item is StreamItem & { id: string } => isAppEvent(item) && Boolean(item.id))
}

/** Chooses an id in the middle of what was received. `undefined` if no event follows on an id, or ids repeat. */
export function findResumePoint(items: readonly StreamItem[]): ResumePoint | undefined {
  const events = eventsWithIds(items)
  const ids = events.map(({ id }) => id)
  if (new Set(ids).size < ids.length) return undefined
  if (events.length >= 2) {
    const index = Math.max(Math.ceil(events.length / 2), events.length - MAX_EXPECTED) - 1
    return { id: ids[index] as string, before: ids.slice(0, index), expected: events.slice(index + 1) }
  }
  const [only] = events
  if (!only) return undefined
  const start = items.slice(0, items.indexOf(only)).findLast(({ id }) => id && id !== END_ID)
  return start?.id ? { id: start.id, before: [], expected: [only] } : undefined
}

/** How a stream continued after an id. */
export type Resumption =
  | { readonly kind: 'nothing' | 'gap' | 'repeated' | 'restarted' | 'ignored' | 'changed' | 'disordered' }
  | { readonly kind: 'exact' | 'missing'; readonly count: number }

/** Compares what a second connection received with what the first one received after the same id. */
export function compareResumed(point: ResumePoint, items: readonly StreamItem[]): Resumption {
  if (items.some(({ event }) => event === 'sse.gap')) return { kind: 'gap' }
  const received = eventsWithIds(items).slice(0, point.expected.length)
  const [first] = received
  if (!first) return { kind: 'nothing' }
  if (first.id === point.id) return { kind: 'repeated' }
  if (point.before.includes(first.id)) return { kind: 'restarted' }
  const offset = point.expected.findIndex(({ id }) => id === first.id)
  if (offset < 0) return { kind: 'ignored' }
  if (offset > 0) return { kind: 'missing', count: offset }
  for (const [index, { id, event, data }] of received.entries()) {
    const expected = point.expected[index] as StreamItem
    if (id !== expected.id) {
      const later = point.expected.findIndex((each) => each.id === id)
      return later > index ? { kind: 'missing', count: later - index } : { kind: 'disordered' }
    }
    if (event !== expected.event || data !== expected.data) return { kind: 'changed' }
  }
  return { kind: 'exact', count: received.length }
}
