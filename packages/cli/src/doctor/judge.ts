import { EXIT } from '../exit-codes.ts'
import type { Check, Finding, Verdict } from './check.ts'
import { CHECK_GROUPS } from './checks.ts'
import type { Observations } from './observations.ts'
import type { Timing } from './timing.ts'

/** A check that applies to the stream, and what it found. */
export interface Result extends Finding {
  readonly check: Check
  readonly group: string
}

/** Judges observations. Checks that do not apply are left out. */
export function judge(seen: Observations, timing: Timing): Result[] {
  return CHECK_GROUPS.flatMap(({ title, checks }) =>
    checks.flatMap((check) => {
      const finding = check.judge(seen, timing)
      return finding ? [{ check, group: title, ...finding }] : []
    }),
  )
}

export interface Summary {
  /** The worst of all. `ok` if checks are merely unknown, and `unknown` if there are no others. */
  readonly verdict: Verdict
  readonly counts: Readonly<Record<Verdict, number>>
  readonly exitCode: number
}

/** The verdict on all results. */
export function summarize(results: readonly Result[], seen: Observations): Summary {
  const counts = { ok: 0, warning: 0, problem: 0, unknown: 0 }
  for (const { verdict } of results) counts[verdict] += 1
  const verdict =
    counts.problem > 0 ? 'problem' : counts.warning > 0 ? 'warning' : counts.ok > 0 ? 'ok' : 'unknown'
  const hasAnswer =
    seen.main !== undefined ||
    seen.headAnswer !== undefined ||
    seen.failure?.kind === 'redirects' ||
    seen.failure?.kind === 'interrupted'
  return {
    verdict,
    counts,
    exitCode: hasAnswer ? (verdict === 'problem' ? EXIT.found : EXIT.ok) : EXIT.failed,
  }
}
