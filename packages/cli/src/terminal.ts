import { createColors } from 'picocolors'
import { CommandError } from './command-error.ts'
import { printable, printableJson, printableLine } from './printable.ts'
import { redactAll } from './redact.ts'

type Colors = ReturnType<typeof createColors>

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Terminal {
  /** Colours of results. Off unless standard output is a terminal; `NO_COLOR` and `FORCE_COLOR` decide otherwise. */
  readonly colors: Colors
  /** Whether a person looks at standard error: a progress bar may be drawn there. */
  readonly isInteractive: boolean
  /** Whether a person looks at standard output: long values may be cut, and a table redrawn. */
  readonly showsResults: boolean
  /** Characters in a line. 80 where it is unknown. */
  readonly columns: number
  /** Writes a line of the result. */
  print(line: string): void
  /** Clears the terminal and writes a text. Only if `showsResults`. */
  redraw(text: string): void
  /** Writes one line of JSON, for `--json`. Control characters are escaped. */
  printJson(value: unknown): void
  /** Writes a line about what happens, such as a reconnect, to standard error. */
  note(line: string): void
  /** Writes what went wrong, and the next step. Passwords in addresses are hidden. */
  fail(error: unknown): void
}

/** A stream that may be a terminal, such as `process.stdout`. */
export interface OutputStream {
  readonly isTTY?: boolean
  /** Characters in a line. */
  readonly columns?: number
  write(text: string): unknown
  on(event: 'error', listener: (error: Error & { code?: string }) => void): unknown
}

/** Writes to two streams. A reader that closes its pipe early, such as `head`, ends the process quietly. */
export function createTerminal(
  stdout: OutputStream = process.stdout,
  stderr: OutputStream = process.stderr,
): Terminal {
  for (const stream of [stdout, stderr]) endQuietly(stream)
  const colors = createColors(hasColors(stdout))
  const errorColors = createColors(hasColors(stderr))
  return {
    colors,
    isInteractive: stderr.isTTY === true,
    showsResults: stdout.isTTY === true,
    get columns() {
      return stdout.columns || 80 // a terminal without a size has 0
    },
    print: (line) => void stdout.write(`${line}\n`),
    redraw: (text) => void stdout.write(`\u001b[H\u001b[J${text}\n`),
    printJson: (value) => void stdout.write(`${printableJson(JSON.stringify(value))}\n`),
    note: (line) => void stderr.write(`${errorColors.dim(line)}\n`),
    fail(error) {
      const message = error instanceof Error ? error.message : String(error)
      stderr.write(`${errorColors.red('error')} ${printable(redactAll(message))}\n`)
      if (error instanceof CommandError && error.next) stderr.write(`  next: ${printableLine(error.next)}\n`)
    },
  }
}

/** Streams that end the process quietly: `run` may be called several times. */
const quiet = new WeakSet<OutputStream>()

function endQuietly(stream: OutputStream): void {
  if (quiet.has(stream)) return
  quiet.add(stream)
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

function hasColors(stream: OutputStream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return stream.isTTY === true
}
