import { ratioSpread, type Spread, spread } from '../common/spread.ts'
import { printTable } from '../common/table.ts'
import { type Reader, Row, runPlan } from './row.ts'
import type { Engine } from './rows.ts'

/** `everyMs` 20 is a model's pace; 0 is a token of each stream in every turn of the event loop. */
const PACES = [
  { pace: '50 tokens a second', streams: 100, tokensPerStream: 200, everyMs: 20 },
  { pace: 'a token a turn', streams: 100, tokensPerStream: 300, everyMs: 0 },
]
const VIEWERS = 1

export interface CostRow {
  engine: Engine
  pace: string
  /** CPU time of a token, in microseconds. */
  hubUs: Spread
  runUs: Spread
  ratio: Spread
}

/** CPU time of a token that a run stores and sends to one viewer, and of one that a loop publishes to a hub. */
export async function measureCost(
  engine: Engine,
  reader: Reader,
  { rounds, execArgv, step }: { rounds: number; execArgv: string[]; step: (what: string) => void },
): Promise<CostRow[]> {
  const rows = [await Row.start('hub', engine, execArgv), await Row.start('run', engine, execArgv)]
  const found: CostRow[] = []
  try {
    for (const { pace, ...plan } of PACES) {
      const us: [number[], number[]] = [[], []]
      for (let round = 0; round <= rounds; round += 1) {
        step(`${engine}, ${pace}: round ${round} of ${rounds}`)
        for (const [index, row] of rows.entries()) {
          const { cpuMs } = await runPlan(row, reader, { ...plan, viewers: VIEWERS })
          // The first round warms up.
          if (round > 0) us[index as 0 | 1].push((cpuMs * 1000) / (plan.streams * plan.tokensPerStream))
        }
      }
      const [hub, run] = us
      found.push({ engine, pace, hubUs: spread(hub), runUs: spread(run), ratio: ratioSpread(run, hub) })
    }
  } finally {
    for (const row of rows) await row.stop()
  }
  return found
}

export function printCost(rows: readonly CostRow[]): void {
  printTable('CPU of one token, a viewer for each stream', [
    ['', 'hub, µs', 'run, µs', 'run / hub', 'min – max'],
    ...rows.map(({ engine, pace, hubUs, runUs, ratio }) => [
      `${engine}, ${pace}`,
      hubUs.median.toFixed(1),
      runUs.median.toFixed(1),
      `${ratio.median.toFixed(2)} ×`,
      `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}`,
    ]),
  ])
}
