import type { Retention } from '@sse/server'
import type { SeenLog } from './log-watch.ts'
import type { MessageReader } from './message-reader.ts'

/** The last position that a retention does not let stay; below `oldest` when all may. */
export async function lastToTrim(
  log: SeenLog,
  reader: MessageReader,
  { maxEvents, maxAgeMs }: Retention,
  now: () => Promise<number>,
): Promise<number> {
  const { oldest, head, oldestAt } = log
  const byCount = maxEvents < Number.MAX_SAFE_INTEGER ? head - maxEvents : 0
  if (maxAgeMs >= Number.MAX_SAFE_INTEGER || byCount >= head || oldest > head) return byCount
  const limit = (await now()) - maxAgeMs
  if (oldestAt > limit) return byCount
  // What is not there any more is old, and so is what lies before something old, whatever the clock did.
  const isOld = async (position: number) => {
    const [entry] = await reader.range(position, position)
    return entry === undefined || entry.at <= limit
  }
  return lastWhere(isOld, Math.max(oldest - 1, byCount), head)
}

/** The highest of `low + 1` to `high` for which it holds, where it holds for all below too; else `low`. */
async function lastWhere(
  holds: (position: number) => Promise<boolean>,
  low: number,
  high: number,
): Promise<number> {
  let [last, end] = [low, high + 1]
  while (end - last > 1) {
    const middle = Math.floor((last + end) / 2)
    if (await holds(middle)) last = middle
    else end = middle
  }
  return last
}
