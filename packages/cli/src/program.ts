import { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Aborts at Ctrl-C: the command closes what it has opened, prints its totals and returns. */
  readonly signal: AbortSignal
  /** Sets the exit code of a command that worked. Default `EXIT.ok`. */
  readonly finish: (exitCode: number) => void
}

/** Each command has one file in commands/: its arguments there, its work in a folder that is loaded when it runs. */
export function createProgram(context: CommandContext): Command {
  void context
  return new Command('sse')
    .description('Server-Sent Events from the command line')
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
}
