import { stripVTControlCharacters } from 'node:util'
import { createColors } from 'picocolors'
import { CommandError } from './command-error.ts'

type Colors = ReturnType<typeof createColors>

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Terminal {
  /** Colours of results. Off unless standard output is a terminal; `NO_COLOR` and `FORCE_COLOR` decide otherwise. */
  readonly colors: Colors
  /** Whether a person looks at standard error: a progress bar may be drawn there. */
  readonly isInteractive: boolean
  /** Characters in a line. 80 where it is unknown. */
  readonly columns: number
  /** Writes a line of the result. */
  print(line: string): void
  /** Writes one line of JSON, for `--json`. */
  printJson(value: unknown): void
  /** Writes a line about what happens, such as a reconnect, to standard error. */
  note(line: string): void
  /** Writes what went wrong, and the next step. */
  fail(error: unknown): void
}

/** The terminal of this process. A reader that closes the pipe early, such as `head`, ends the process quietly. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const colors = createColors(hasColors(stdout))
  const errorColors = createColors(hasColors(stderr))
  return {
    colors,
    isInteractive: stderr.isTTY === true,
    columns: stdout.columns ?? 80,
    print: (line) => void stdout.write(`${line}\n`),
    printJson: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note: (line) => void stderr.write(`${errorColors.dim(line)}\n`),
    fail(error) {
      const message = error instanceof Error ? error.message : String(error)
      stderr.write(`${errorColors.red('error')} ${printable(message)}\n`)
      if (error instanceof CommandError && error.next) stderr.write(`  next: ${error.next}\n`)
    },
  }
}

function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return stream.isTTY === true
}

/** Text of a server, without what would move the cursor, colour the terminal or ring its bell. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  )
}
