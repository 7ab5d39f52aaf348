import { count, printTable } from '../common/table.ts'
import { type Reader, Row, runPlan } from './row.ts'
import type { Engine, Kind } from './rows.ts'

const EVERY_MS = 20
const VIEWERS = 2

export interface ManyRow {
  row: string
  runs: number
  /** Tokens that were stored and read by both viewers, a second. 50 × `runs` are yielded. */
  tokensPerSecond: number
  /** CPU time of the server in one second. 1: a core. */
  cpu: number
  residentMb: number
  entriesPerToken: number
  /** From the yield to the client, of every 25th token. */
  lagP50Ms: number
  lagP99Ms: number
}

/** Many runs in one process, each at 50 tokens a second and with two viewers, without and with `merge`. */
export async function measureMany(
  engines: readonly Engine[],
  reader: Reader,
  { runs, seconds, step }: { runs: number; seconds: number; step: (what: string) => void },
): Promise<ManyRow[]> {
  const rows: ManyRow[] = []
  const kinds: Kind[] = ['run', 'merged']
  for (const engine of engines) {
    for (const kind of kinds) {
      step(`${count(runs)} runs: ${kind}, ${engine}`)
      const row = await Row.start(kind, engine)
      try {
        const tokensPerStream = (seconds * 1000) / EVERY_MS
        const plan = { streams: runs, tokensPerStream, everyMs: EVERY_MS, viewers: VIEWERS }
        const { cpuMs, elapsedMs, entries, residentBytes, lagsMs } = await runPlan(row, reader, plan)
        const sorted = lagsMs.toSorted((a, b) => a - b)
        const tokens = runs * tokensPerStream
        rows.push({
          row: kind === 'merged' ? `${engine}, merge` : engine,
          runs,
          tokensPerSecond: (tokens / elapsedMs) * 1000,
          cpu: cpuMs / elapsedMs,
          residentMb: residentBytes / 1_048_576,
          entriesPerToken: entries / tokens,
          lagP50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
          lagP99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
        })
      } finally {
        await row.stop()
      }
    }
  }
  return rows
}

export function printMany(rows: readonly ManyRow[]): void {
  printTable(`${count(rows[0]?.runs ?? 0)} runs at 50 tokens a second, two viewers each, in one process`, [
    ['', 'tokens a second', 'CPU, cores', 'resident, MB', 'entries a token', 'lag p50, ms', 'p99'],
    ...rows.map(({ row, tokensPerSecond, cpu, residentMb, entriesPerToken, lagP50Ms, lagP99Ms }) => [
      row,
      count(tokensPerSecond),
      cpu.toFixed(2),
      count(residentMb),
      entriesPerToken.toFixed(2),
      count(lagP50Ms),
      count(lagP99Ms),
    ]),
  ])
}
