import type { Terminal } from './terminal.ts'

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Aborts at Ctrl-C: the command closes what it has opened, prints its totals and returns. */
  readonly signal: AbortSignal
  /** Sets the exit code of a command that worked. Default `EXIT.ok`. */
  readonly finish: (exitCode: number) => void
}
