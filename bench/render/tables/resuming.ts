/** Tables of clients that reconnect and resume. */
import { plot as drawPanels, type Panel } from '../../common/plot.ts'
import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, thousands } from '../markdown.ts'

interface Storm extends RunInfo {
  readonly rounds: number
  readonly rows: readonly {
    readonly engine: string
    readonly reads: Spread
    readonly caughtUpMs: Spread
    readonly cpuMs: Spread
  }[]
}

export function storm(run: Storm): string {
  const table = markdownTable([
    ['engine', 'reads of the engine in total', 'until the last client has everything, ms', 'CPU, ms'],
    ...run.rows.map(({ engine, reads, caughtUpMs, cpuMs }) => [
      engine,
      thousands(reads.median),
      rangeOf(caughtUpMs, 0),
      thousands(cpuMs.median),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds`)}`
}

interface QuietReplay extends RunInfo {
  readonly times: number
  readonly rows: readonly {
    readonly engine: string
    readonly events: number
    readonly tookMs: Spread
    readonly reads: number
  }[]
}

export function quietReplay(run: QuietReplay): string {
  const table = markdownTable([
    ['engine', 'events of the hub', 'ms', 'reads of the engine'],
    ...run.rows.map(({ engine, events, tookMs: { median, min, max }, reads }) => [
      engine,
      thousands(events),
      `${median.toFixed(2)} (${min.toFixed(2)} – ${max.toFixed(1)})`,
      String(reads),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.times} times`)}`
}

interface ReconnectStorm extends RunInfo {
  readonly clients: number
  readonly seeds: readonly number[]
  readonly policies: readonly {
    readonly name: string
    readonly outages: readonly {
      readonly downS: number
      readonly peakToMean: Spread
      readonly fullestSecond: Spread
    }[]
  }[]
}

export function reconnectStorm(run: ReconnectStorm): string {
  const [usual, spreadOut] = run.policies
  const table = markdownTable(
    [
      ['server away', 'by default', 'reconnects in that second', '`jitterMs` and `maxJitterMs` 5,000'],
      ...(usual?.outages ?? []).map(({ downS, peakToMean, fullestSecond }) => {
        const other = spreadOut?.outages.find((outage) => outage.downS === downS)
        return [
          `${downS} s`,
          `${peakToMean.median.toFixed(2)} ×`,
          thousands(fullestSecond.median),
          `${other?.peakToMean.median.toFixed(2)} ×`,
        ]
      }),
    ],
    'right',
  )
  const seeds = run.seeds.length === 1 ? 'one seed' : `${run.seeds.length} seeds`
  return `${table}\n\n${measured(run, `${thousands(run.clients)} clients, ${seeds}`)}`
}

export function reconnectStormPlot({ policies }: ReconnectStorm): string {
  const panels: Panel[] = policies.map(({ name, outages }) => ({
    title: name,
    rows: outages.map(({ downS, peakToMean }) => ({
      name: `${downS} s away`,
      role: 'ours',
      ratio: peakToMean,
    })),
  }))
  return drawPanels('Clients that come back in the fullest second, as a multiple of the mean second', panels)
}
