import { Writable } from 'node:stream'
import { createTerminal, run } from '@sse/cli'

export interface Doctored {
  readonly exitCode: number
  /** What is wrong, as `check: message`. */
  readonly found: readonly string[]
  readonly verdicts: Readonly<Record<string, string>>
  readonly summary: Readonly<Record<string, unknown>>
  readonly errors: string
}

/** Runs `sse doctor` in this process. */
export async function runDoctor(...args: string[]): Promise<Doctored> {
  const [output, errors] = [new Text(), new Text()]
  const exitCode = await run(['doctor', ...args, '--json'], createTerminal(output, errors))
  const lines = output.text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const checks = lines.filter(({ type }) => type === 'check')
  return {
    exitCode,
    found: checks
      .filter(({ verdict }) => verdict === 'warning' || verdict === 'problem')
      .map(({ id, message }) => `${id}: ${message}`),
    verdicts: Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict])),
    summary: lines.at(-1) ?? {},
    errors: errors.text,
  }
}

class Text extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk
    done()
  }
}
