import { runCommand } from './run-command.ts'

export interface Doctored {
  readonly code: number
  /** What is wrong, as `check: message`. */
  readonly found: readonly string[]
  /** By the id of a check. */
  readonly verdicts: Readonly<Record<string, string>>
}

/** Runs `sse doctor` in this process. */
export async function runDoctor(...args: string[]): Promise<Doctored> {
  const { code, out } = await runCommand(['doctor', ...args, '--json'])
  return { code, ...readReport(out) }
}

/** Reads the lines of `--json`. */
export function readReport(out: string): Omit<Doctored, 'code'> {
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const checks = lines.filter(({ type }) => type === 'check')
  return {
    found: checks
      .filter(({ verdict }) => verdict === 'warning' || verdict === 'problem')
      .map(({ id, message }) => `${id}: ${message}`),
    verdicts: Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict])),
  }
}
