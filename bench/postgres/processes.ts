import { Child } from '../common/child.ts'
import { showProgress } from '../common/progress.ts'
import { createNaiveTable } from './events.ts'
import type { Order, Reply } from './publishing-process.ts'

/** Time in which the processes start, on a busy machine. */
const START_MS = 120_000
const ROWS = ['naive', 'engine'] as const

/**
 * Committed events per second of a number of processes, each of which waits for every event: a number a round. The rows
 * take turns.
 */
export async function measureProcesses(
  url: string,
  count: number,
  { rounds, sliceMs }: { rounds: number; sliceMs: number },
) {
  await createNaiveTable(url)
  const file = new URL('publishing-process.ts', import.meta.url)
  const children = Array.from(
    { length: count },
    () => new Child<Order, Reply>(file, [url], { timeoutMs: START_MS }),
  )
  await Promise.all(children.map((child) => child.hear('ready')))
  const rates: Record<(typeof ROWS)[number], number[]> = { naive: [], engine: [] }
  const step = showProgress(rounds * ROWS.length)
  for (let round = 0; round <= rounds; round += 1) {
    for (const row of ROWS) {
      if (round > 0) step(`${count} processes: round ${round} of ${rounds}, ${row}`)
      const untilMs = Date.now() + sliceMs
      const replies = await Promise.all(
        children.map((child) => child.ask({ type: 'publish', row, untilMs }, 'published')),
      )
      // The first round warms up.
      if (round > 0) rates[row].push(replies.reduce((sum, { events, ms }) => sum + (events / ms) * 1_000, 0))
    }
  }
  for (const child of children) child.stop()
  return rates
}
