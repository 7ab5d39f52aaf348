import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { showProgress } from '../common/progress.ts'
import { ROWS, type Row, type RowName } from './rows.ts'

export interface Settings {
  rounds: number
  /** How long one row publishes in one round, about. */
  sliceMs: number
}

export interface Result {
  publishers: number
  rows: {
    row: RowName
    /** Events per second, one number a round. */
    rates: number[]
    /** Events per second of the process's CPU time, which waiting for the disk is not. */
    cpuRates: number[]
    /** How many events shared a commit, on average. */
    batchSize: number
  }[]
}

/** Measures every row in alternating rounds, A B C … A B C …, so that noise hits all alike. */
export async function measure(
  names: readonly RowName[],
  publisherCounts: readonly number[],
  { rounds, sliceMs }: Settings,
): Promise<Result[]> {
  const step = showProgress(publisherCounts.length * names.length * (rounds + 1))
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-sqlite-'))
  const results: Result[] = []
  try {
    for (const publishers of publisherCounts) {
      const rows = names.map((row) => ({
        row,
        opened: ROWS[row](join(folder, `${results.length} ${row}.db`)),
        batches: 0,
        rates: [] as number[],
        cpuRates: [] as number[],
      }))
      for (const each of rows) {
        step(`${publishers} at a time: ${each.row} finds its slice`)
        each.batches = await calibrate(each.opened, publishers, sliceMs)
      }
      for (let round = 1; round <= rounds; round++) {
        for (const { row, opened, batches, rates, cpuRates } of rows) {
          step(`${publishers} at a time: round ${round} of ${rounds}, ${row}`)
          const { perSecond, perCpuSecond } = await rate(opened, batches, publishers)
          rates.push(perSecond)
          cpuRates.push(perCpuSecond)
        }
      }
      results.push({
        publishers,
        rows: rows.map(({ row, rates, cpuRates, opened }) => {
          return { row, rates, cpuRates, batchSize: opened.batchSize() }
        }),
      })
      for (const { opened } of rows) await opened.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return results
}

async function rate(row: Row, batches: number, publishers: number) {
  const events = batches * publishers
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  await row.publish(batches, publishers)
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    perSecond: (events * 1000) / (performance.now() - startedAt),
    perCpuSecond: (events * 1_000_000) / (user + system),
  }
}

/** How many batches take about `sliceMs`, learnt while the compiler warms up. */
async function calibrate(row: Row, publishers: number, sliceMs: number): Promise<number> {
  let batches = Math.ceil(2000 / publishers)
  for (const share of [0.3, 0.6, 1]) {
    const { perSecond } = await rate(row, batches, publishers)
    batches = Math.max(1, Math.ceil((perSecond / publishers) * (sliceMs / 1000) * share))
  }
  return batches
}
