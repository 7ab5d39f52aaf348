import type { Spread } from '../../common/spread.ts'
import type { RunInfo } from '../bench.ts'
import { markdownTable, measured, rangeOf, thousands } from '../markdown.ts'

interface Results extends RunInfo {
  readonly rounds: number
  readonly cost: readonly {
    readonly engine: string
    readonly pace: string
    readonly hubUs: Spread
    readonly runUs: Spread
    readonly ratio: Spread
  }[]
  readonly first: readonly {
    readonly row: string
    readonly medianMs: Spread
    readonly ofPlain: Spread
  }[]
  readonly many: readonly {
    readonly row: string
    readonly tokensPerSecond: number
    readonly cpu: number
    readonly residentMb: number
    readonly entriesPerToken: number
    readonly lagP50Ms: number
    readonly lagP99Ms: number
  }[]
  readonly resumable: {
    readonly rows: readonly {
      readonly row: string
      readonly resumeMs: Spread
      readonly tokenUs: Spread
      readonly threeViewersUs: Spread
      readonly openBytes: number
      readonly killed: string
    }[]
  }
}

export function cost(run: Results): string {
  const table = markdownTable([
    ['engine', 'pace', 'hub', 'run', 'run / hub'],
    ...run.cost.map(({ engine, pace, hubUs, runUs, ratio }) => [
      engine,
      pace,
      rangeOf(hubUs, 1),
      rangeOf(runUs, 1),
      rangeOf(ratio),
    ]),
  ])
  return `${table}\n\n${measured(run, `${run.rounds} rounds`)}`
}

export function first(run: Results): string {
  return markdownTable([
    ['row', 'p50, ms', 'of a generator stream'],
    ...run.first.map(({ row, medianMs, ofPlain }) => [row, rangeOf(medianMs), rangeOf(ofPlain)]),
  ])
}

export function many(run: Results): string {
  return markdownTable([
    ['row', 'tokens a second', 'CPU, cores', 'resident, MB', 'entries a token', 'lag p50, ms', 'p99'],
    ...run.many.map((each) => [
      each.row,
      thousands(each.tokensPerSecond),
      each.cpu.toFixed(2),
      thousands(each.residentMb),
      each.entriesPerToken.toFixed(2),
      thousands(each.lagP50Ms),
      thousands(each.lagP99Ms),
    ]),
  ])
}

export function resumable(run: Results): string {
  return markdownTable([
    [
      'row',
      'resume, ms',
      'CPU of a token, one viewer, µs',
      'three viewers',
      'open stream, bytes',
      'producer killed',
    ],
    ...run.resumable.rows.map((each) => [
      each.row,
      rangeOf(each.resumeMs, 1),
      rangeOf(each.tokenUs, 0),
      rangeOf(each.threeViewersUs, 0),
      thousands(each.openBytes),
      each.killed.replace(/: (\{.*\})$/, ': `$1`'),
    ]),
  ])
}
