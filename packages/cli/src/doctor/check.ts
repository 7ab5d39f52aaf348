import type { Observations } from './observations.ts'
import type { Timing } from './timing.ts'

/**
 * `ok`: measured, and as it should be. `warning`: works, with a risk. `problem`: clients fail or lose events.
 * `unknown`: not measured, because the stream gave no occasion.
 */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown'

/** What a check found on one stream. */
export interface Finding {
  readonly verdict: Verdict
  /** What was seen, in one sentence without a full stop. */
  readonly message: string
  /** What to do, where it is more exact than the check's own `fix`. */
  readonly fix?: string
}

/** One row of the check list. */
export interface Check {
  /** Name for `--json`. Stable. */
  readonly id: string
  readonly title: string
  /** What is checked and why, for the table in docs/guides/doctor.md. */
  readonly meaning: string
  /** What to do about a warning or a problem. */
  readonly fix: string
  /** Page about it, from the root of the repository. */
  readonly docs: string
  /** Judges what was observed. `undefined`: there is nothing to judge, such as a stream behind a refusal. */
  judge(seen: Observations, timing: Timing): Finding | undefined
}

export const ok = (message: string): Finding => ({ verdict: 'ok', message })
export const warning = (message: string, fix?: string): Finding => finding('warning', message, fix)
export const problem = (message: string, fix?: string): Finding => finding('problem', message, fix)
export const unknown = (message: string, fix?: string): Finding => finding('unknown', message, fix)

function finding(verdict: Verdict, message: string, fix: string | undefined): Finding {
  return fix === undefined ? { verdict, message } : { verdict, message, fix }
}
