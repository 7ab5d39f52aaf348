/**
 * The command `sse` as a function.
 *
 * @see docs/guides/command-line.md
 * @module
 */
import { CommanderError } from 'commander'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { createTerminal, type Terminal } from './terminal.ts'

export { EXIT } from './exit-codes.ts'
export { createTerminal, type OutputStream, type Terminal } from './terminal.ts'

/**
 * Runs one command. Resolves with its exit code, and never rejects: what went wrong is printed with the next step.
 *
 * Ctrl-C ends the command in order: connections close, and totals are printed. A second one ends the process at once.
 *
 * @param args - the arguments after the name of the program, such as `['tail', 'http://localhost:3000/leads']`.
 * @param signal - ends the command in order as well.
 */
export async function run(
  args: readonly string[],
  terminal: Terminal = createTerminal(),
  signal?: AbortSignal,
): Promise<number> {
  const ending = new AbortController()
  const interrupt = () => {
    if (ending.signal.aborted) process.exit(EXIT.interrupted)
    ending.abort()
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  let code: number = EXIT.ok
  const finish = (result: number) => {
    code = result
  }
  const signals = signal ? [ending.signal, signal] : [ending.signal]
  try {
    await createProgram({ terminal, signal: AbortSignal.any(signals), finish }).parseAsync(args, {
      from: 'user',
    })
    return code
  } catch (error) {
    // Commander has printed its own: a wrong option, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    terminal.fail(error)
    return error instanceof CommandError ? error.exitCode : EXIT.failed
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}
