import type { Exchange, ResponseHead, StreamFacts } from '../observations.ts'

/**
 * Returns how long the second of two connections to a stream has waited for its first event, counted from the first
 * event that the first connection received meanwhile: in milliseconds, `undefined` if there was none.
 */
export function lagOf(first: Exchange, second: Exchange): number | undefined {
  if (!first.stream || !second.stream) return undefined
  const openedAt = second.head.requestedAt + second.head.headersMs
  const meanwhile = timesOf(first.head, first.stream).find((at) => at > openedAt)
  if (meanwhile === undefined) return undefined
  const [received = second.head.requestedAt + second.stream.endMs] = timesOf(second.head, second.stream)
  return Math.max(0, received - meanwhile)
}

/** Times of day at which events arrived. */
function timesOf({ requestedAt }: ResponseHead, { items }: StreamFacts): number[] {
  return items.map(({ atMs }) => requestedAt + atMs)
}
