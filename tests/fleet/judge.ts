import { setTimeout } from 'node:timers/promises'
import { openEngine } from './engines/open-engine.ts'
import type { Fleet } from './fleet.ts'
import type { Reader } from './reader.ts'
import type { Truth } from './truth.ts'
import { type Verdict, verify } from './verify.ts'

const MAX_SETTLE_MS = 20_000

/**
 * At the end of a run, when nobody publishes any more and everything runs again: gives readers the time to reach the
 * end of the log, then holds what they were told against it.
 *
 * @returns also whose events the log holds, in order.
 */
export async function judge(
  { engine: { url } }: Fleet,
  truth: Truth,
  readers: readonly Reader[],
  mayTrim: boolean,
): Promise<Verdict & { serials: number[] }> {
  const engine = openEngine(url)
  const { epoch, serials } = await truth.audit(engine)
  await engine.close()
  await reached(readers, truth, epoch)
  for (const reader of readers) reader.leave()
  const verdicts = readers.map((reader) => verify(truth, reader, { epoch }, mayTrim))
  return {
    lost: verdicts.reduce((sum, { lost }) => sum + lost, 0),
    repeated: verdicts.reduce((sum, { repeated }) => sum + repeated, 0),
    problems: [...verdicts.flatMap(({ problems }) => problems), ...truth.problems],
    serials,
  }
}

/** Who has not reached the end in this time is found by `verify`. */
async function reached(readers: readonly Reader[], truth: Truth, epoch: string): Promise<void> {
  const deadline = performance.now() + MAX_SETTLE_MS
  for (const { channels, stretches } of readers) {
    const goal = truth.positionsOf(epoch, channels).at(-1) ?? 0
    const isThere = () => {
      const stretch = stretches.at(-1)
      return stretch?.epoch === epoch && (stretch.positions.at(-1) ?? stretch.position) >= goal
    }
    while (!isThere() && performance.now() < deadline) await setTimeout(20)
  }
}
