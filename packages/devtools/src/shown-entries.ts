import type { FeedStatus } from '@sse/client'
import type { LogEntry } from './feed-log.ts'
import { describeReason } from './words.ts'

/** What one can ask to see. */
export const SHOW = ['all', 'events', 'status', 'problems'] as const
export type Show = (typeof SHOW)[number]

/** @param text - in lower case; `''` for all. */
export function isShown(entry: LogEntry, show: Show, text: string): boolean {
  if (!isOfKind(entry, show)) return false
  if (text === '') return true
  const texts =
    entry.kind === 'status'
      ? [entry.status.state, describeReason(entry.status)]
      : [entry.name, entry.id, entry.data]
  return texts.some((part) => part.toLowerCase().includes(text))
}

function isOfKind(entry: LogEntry, show: Show): boolean {
  if (show === 'all') return true
  if (show === 'problems') return isProblem(entry)
  return (show === 'status') === (entry.kind === 'status')
}

function isProblem(entry: LogEntry): boolean {
  if (entry.kind !== 'status') return entry.kind !== 'event' && entry.kind !== 'control'
  return isTrouble(entry.status)
}

/** Whether it waits to try again, or has given up. */
export function isTrouble(status: FeedStatus): boolean {
  return status.state === 'waiting' || stateClass(status) === 'failed'
}

/** A word for its colour: `failed` is closed because of an error. */
export function stateClass(status: FeedStatus): string {
  return status.state === 'closed' && typeof status.reason === 'object' ? 'failed' : status.state
}
