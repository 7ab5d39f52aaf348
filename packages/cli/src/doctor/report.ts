import { EXIT } from '../exit-codes.ts'
import { printableLine } from '../printable.ts'
import { redact } from '../redact.ts'
import type { Terminal } from '../terminal.ts'
import type { Verdict } from './check.ts'
import type { Result, Summary } from './judge.ts'

const MARKS: Record<Verdict, string> = { ok: '✓', warning: '!', problem: '✗', unknown: '?' }
const COLORS = { ok: 'green', warning: 'yellow', problem: 'red', unknown: 'dim' } as const
const VERDICTS: Record<Verdict, string> = {
  ok: 'No problem was found',
  warning: 'The stream works, with risks',
  problem: 'Clients will have problems with this stream',
  unknown: 'Nothing could be measured',
}
/** Long enough for every title. */
const TITLE_WIDTH = 20

/** Prints the check list for a person. */
export function printReport(
  url: URL,
  results: readonly Result[],
  summary: Summary,
  terminal: Terminal,
): void {
  const { colors } = terminal
  terminal.print(colors.bold(redact(url.href)))
  let group = ''
  for (const result of results) {
    if (result.group !== group) {
      group = result.group
      terminal.print(`\n${group}`)
    }
    const { check, verdict, message } = result
    const mark = colors[COLORS[verdict]](MARKS[verdict])
    terminal.print(`  ${mark} ${check.title.padEnd(TITLE_WIDTH)} ${printableLine(message)}`)
    const isWrong = verdict === 'warning' || verdict === 'problem'
    if (isWrong) terminal.print(`      expected: ${check.meaning}`)
    const fix = fixOf(result)
    if (fix !== undefined) terminal.print(`      fix: ${printableLine(fix)}`)
    if (isWrong) terminal.print(colors.dim(`      see: ${check.docs}`))
  }
  const { ok, warning, problem, unknown } = summary.counts
  const counts = [
    `${ok} ok`,
    `${warning} ${warning === 1 ? 'warning' : 'warnings'}`,
    `${problem} ${problem === 1 ? 'problem' : 'problems'}`,
    `${unknown} unknown`,
  ].join(', ')
  terminal.print(`\n${colors[COLORS[summary.verdict]](verdictOf(results, summary))}: ${counts}`)
}

function verdictOf(results: readonly Result[], { verdict, exitCode }: Summary): string {
  if (exitCode === EXIT.failed) return 'There is no response, so nothing else was checked'
  const isStream = results.some(({ group }) => group === 'Delivery')
  return isStream || verdict !== 'problem'
    ? VERDICTS[verdict]
    : 'There is no stream, so nothing else was checked'
}

/** Prints one object per check, and the summary as the last one. */
export function printJsonReport(
  url: URL,
  results: readonly Result[],
  summary: Summary,
  terminal: Terminal,
): void {
  for (const result of results) {
    const { check, group, verdict, message } = result
    const fix = fixOf(result)
    terminal.printJson({
      type: 'check',
      id: check.id,
      group,
      title: check.title,
      verdict,
      message,
      meaning: check.meaning,
      ...(fix !== undefined && { fix }),
      docs: check.docs,
    })
  }
  const { verdict, counts, exitCode } = summary
  terminal.printJson({ type: 'summary', url: redact(url.href), verdict, ...counts, exitCode })
}

/** What is unknown has a fix only if something else than waiting helps. */
function fixOf({ check, verdict, fix }: Result): string | undefined {
  if (verdict === 'ok') return undefined
  return verdict === 'unknown' ? fix : (fix ?? check.fix)
}
