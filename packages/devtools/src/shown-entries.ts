import type { FeedStatus } from '@sse/client'
import type { LogEntry } from './feed-log.ts'
import { describeReason } from './format.ts'

/** Choices of the filter "Show". */
export const SHOW = ['all', 'events', 'status', 'problems'] as const
export type Show = (typeof SHOW)[number]

/** @param text - search text in lower case; `''` matches everything. */
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

/** Returns whether the feed waits after a failure, or has given up. */
export function isTrouble(status: FeedStatus): boolean {
  return status.state === 'waiting' || stateClass(status) === 'failed'
}

/** Returns the CSS class of a status. A feed closed by an error is `failed`, and one whose run failed or was lost. */
export function stateClass(status: FeedStatus): string {
  const isFailed = status.end?.status === 'failed' || status.end?.status === 'lost'
  return isFailed || (status.state === 'closed' && status.reason === 'error') ? 'failed' : status.state
}
