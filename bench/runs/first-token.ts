import { ratioSpread, type Spread, spread } from '../common/spread.ts'
import { printTable } from '../common/table.ts'
import { newPrefix, type Reader, Row } from './row.ts'
import type { Engine } from './rows.ts'

export interface FirstTokenRow {
  row: string
  /** Median of a round's requests, from the request to the first token, in milliseconds. */
  medianMs: Spread
  ofPlain: Spread
}

/**
 * Time to the first token of a source that yields it at once: one request after the other, each for a stream that does not
 * exist yet. Rows alternate; a ratio is taken within a round.
 */
export async function measureFirstToken(
  engines: readonly Engine[],
  reader: Reader,
  { rounds, requests, step }: { rounds: number; requests: number; step: (what: string) => void },
): Promise<FirstTokenRow[]> {
  const rows = [await Row.start('plain', 'memory')]
  for (const engine of engines) rows.push(await Row.start('run', engine))
  const medians: number[][] = rows.map(() => [])
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { name, server, port }] of rows.entries()) {
        step(`first token: ${name}, round ${round} of ${rounds}`)
        const prefix = newPrefix()
        const plan = { prefix, streams: requests, tokensPerStream: 1, everyMs: 0 }
        await server.ask({ type: 'prepare', plan }, 'prepared')
        await server.ask({ type: 'go' }, 'went')
        const { ms } = await reader.ask({ type: 'first', port, prefix, streams: requests }, 'firsts')
        if (round > 0) medians[index]?.push(spread(ms).median)
      }
    }
  } finally {
    for (const row of rows) await row.stop()
  }
  const [floor = []] = medians
  return rows.map(({ kind, name }, index) => ({
    row: kind === 'plain' ? 'generator stream' : name,
    medianMs: spread(medians[index] ?? []),
    ofPlain: ratioSpread(medians[index] ?? [], floor),
  }))
}

export function printFirstToken(rows: readonly FirstTokenRow[]): void {
  printTable('First token of a source that yields at once', [
    ['', 'p50, ms', 'of a generator stream', 'min – max'],
    ...rows.map(({ row, medianMs, ofPlain }) => [
      row,
      medianMs.median.toFixed(2),
      `${ofPlain.median.toFixed(2)} ×`,
      `${ofPlain.min.toFixed(2)} – ${ofPlain.max.toFixed(2)}`,
    ]),
  ])
}
