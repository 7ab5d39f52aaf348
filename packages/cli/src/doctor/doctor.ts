import type { CommandContext } from '../command-context.ts'
import { judge, summarize } from './judge.ts'
import { observe } from './probes/observe.ts'
import { showProgress } from './progress.ts'
import { printJsonReport, printReport } from './report.ts'
import { LONG_WAIT_MS, timingOf, WAIT_MS } from './timing.ts'

export interface DoctorOptions {
  readonly header?: Readonly<Record<string, string>>
  /** Origin of the page that reads the stream. */
  readonly origin?: string
  readonly long?: boolean
  /** Time to listen, in milliseconds. */
  readonly for?: number
  readonly insecure?: boolean
  readonly json?: boolean
}

/** Examines a stream and prints the check list. */
export async function doctor(
  url: URL,
  { header = {}, origin, long = false, for: waitMs, insecure = false, json = false }: DoctorOptions,
  { terminal, signal, finish }: CommandContext,
): Promise<void> {
  const timing = timingOf(waitMs ?? (long ? LONG_WAIT_MS : WAIT_MS))
  const progress = showProgress(terminal)
  const target = { url, headers: header, origin, isLong: long, insecure }
  const seen = await observe(target, timing, signal, progress.show).finally(progress.clear)
  const results = judge(seen, timing)
  const summary = summarize(results, seen)
  if (json) printJsonReport(url, results, summary, terminal)
  else printReport(url, results, summary, terminal)
  finish(summary.exitCode)
}
