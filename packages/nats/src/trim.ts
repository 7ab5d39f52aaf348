import { finiteLimit, type Retention } from '@sse/server/engine-kit'
import type { SeenLog } from './epoch.ts'
import type { MessageReader } from './message-reader.ts'

/** Resolves with the highest position that a retention does not keep; below `oldest` when it keeps all. */
export async function lastToTrim(
  { oldest, head, oldestAt }: SeenLog,
  reader: MessageReader,
  { maxEvents, maxAgeMs }: Retention,
  now: () => Promise<number>,
): Promise<number> {
  const byCount = head - (finiteLimit(maxEvents) ?? head)
  if (finiteLimit(maxAgeMs) === undefined || byCount >= head || oldest > head) return byCount
  const limit = (await now()) - maxAgeMs
  if (oldestAt > limit) return byCount
  // An entry that is gone counts as old, and so does everything before an old one, even if the clock was set back.
  const isOld = async (position: number) => {
    const [entry] = (await reader.range(position, position)).entries
    return entry === undefined || entry.at <= limit
  }
  return lastWhere(isOld, Math.max(oldest - 1, byCount), head)
}

/** Finds the highest number from `low + 1` to `high` for which `test` holds; it holds for all below too. Else `low`. */
async function lastWhere(
  test: (position: number) => Promise<boolean>,
  low: number,
  high: number,
): Promise<number> {
  let [last, end] = [low, high + 1]
  while (end - last > 1) {
    const middle = Math.floor((last + end) / 2)
    if (await test(middle)) last = middle
    else end = middle
  }
  return last
}
