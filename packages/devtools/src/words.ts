import type { FeedStatus, SseError } from '@sse/client'

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

/** Why a status is what it is; `''` where there is nothing to say. */
export function describeReason(status: FeedStatus): string {
  switch (status.state) {
    case 'connecting':
      return `attempt ${status.attempt}`
    case 'waiting':
      return describeError(status.reason)
    case 'closed':
      return typeof status.reason === 'string' ? CLOSED[status.reason] : describeError(status.reason)
    default:
      // A later state of the client is shown by what it says itself.
      return String((status as { reason?: unknown }).reason ?? '')
  }
}

const CLOSED = { closed: 'by close()', aborted: 'by its signal', ended: 'the stream has ended' }

function describeError({ code, message }: SseError): string {
  return `${message} (${code})`
}

/** What a feed that waits will do. */
export function describeNext(status: FeedStatus, now: number): string {
  if (status.state !== 'waiting') return ''
  const { attempt, retryAt } = status
  if (retryAt === undefined) return 'The transport reconnects by itself'
  return `Attempt ${attempt} at ${formatTime(retryAt)}, in ${formatDuration(retryAt - now)}`
}
