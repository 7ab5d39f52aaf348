import { showProgress } from '../common/progress.ts'
import { ROW_NAMES, ROWS, type Row, type RowName } from './publishers.ts'

export interface Settings {
  readonly publishers: number
  readonly rounds: number
  readonly sliceMs: number
}

/** Committed events per second of each row, a number a round; the rows take turns, so that noise hits all alike. */
export async function measureThroughput(url: string, { publishers, rounds, sliceMs }: Settings) {
  const step = showProgress(rounds * ROW_NAMES.length)
  const rates: Record<RowName, number[]> = { naive: [], insert: [], hub: [] }
  const opened = await Promise.all(
    ROW_NAMES.map(async (name) => ({ name, row: await ROWS[name](url, publishers) })),
  )
  for (const { row } of opened) await rate(row, publishers, sliceMs) // warm
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, row } of opened) {
      step(`round ${round} of ${rounds}, ${name}`)
      rates[name].push(await rate(row, publishers, sliceMs))
    }
  }
  for (const { row } of opened) await row.close()
  return rates
}

async function rate(row: Row, publishers: number, sliceMs: number): Promise<number> {
  const start = performance.now()
  let events = 0
  await Promise.all(
    Array.from({ length: publishers }, async (_, publisher) => {
      while (performance.now() - start < sliceMs) {
        await row.publish(publisher, events)
        events += 1
      }
    }),
  )
  return (events / (performance.now() - start)) * 1000
}
