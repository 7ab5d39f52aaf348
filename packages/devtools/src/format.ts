import type { FeedStatus, RunEnd, SseError } from '@sse/client'

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})
const numbers = new Intl.NumberFormat('en-GB')

export const formatTime = (at: number): string => clock.format(at)
export const formatCount = (count: number): string => numbers.format(count)
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  if (bytes < 999_500) return `${(bytes / 1_000).toPrecision(3)} kB`
  return `${(bytes / 1_000_000).toFixed(bytes < 99_500_000 ? 1 : 0)} MB`
}

export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 119.5) return `${seconds.toFixed(0)} s`
  const minutes = seconds / 60
  return minutes < 119.5 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(0)} h`
}

/** Returns why a feed has this status; `''` if the status says it all. */
export function describeReason(status: FeedStatus): string {
  if (status.state === 'connecting') return `attempt ${status.attempt}`
  if ('error' in status) return describeError(status.error)
  if (status.end) return describeEnd(status.end)
  // The text of an unknown status, from a newer client, is shown as it is.
  const { reason = '' } = status as { reason?: unknown }
  return status.state === 'closed' ? (CLOSED[status.reason] ?? String(reason)) : String(reason)
}

const CLOSED = {
  closed: 'by close()',
  aborted: 'by its signal',
  ended: 'the stream has ended',
  no_content: 'by status 204',
}

function describeEnd({ status, code, message }: RunEnd): string {
  const why = message && code ? `: ${message} (${code})` : ''
  return `the run has ended as ${status}${why}`
}

function describeError({ code, message }: SseError): string {
  return `${message} (${code})`
}

/** Returns what a waiting feed does next; `''` for any other status. */
export function describeNext(status: FeedStatus, now: number): string {
  if (status.state !== 'waiting') return ''
  const { attempt, retryAt } = status
  if (retryAt === undefined) return 'The transport reconnects by itself'
  return `Attempt ${attempt} at ${formatTime(retryAt)}, in ${formatDuration(retryAt - now)}`
}
