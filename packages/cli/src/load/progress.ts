import type { Terminal } from '../terminal.ts'
import type { Tally } from './tally.ts'

/** Between two lines where no person looks, in milliseconds. */
const LINE_MS = 5_000
const BAR_MS = 200
const BAR_CHARS = 24

export interface Progress {
  /** All connections have been started: the time is shown from here. */
  allStarted(): void
  end(): void
}

/** Shows on standard error how far a run is: a bar on a terminal, elsewhere a line each five seconds. */
export function showProgress(
  { isInteractive, columns, note }: Terminal,
  tally: Tally,
  total: number,
  holdMs: number,
): Progress {
  let heldAt: number | undefined
  const draw = () => {
    const share = heldAt === undefined ? tally.opened / total : (performance.now() - heldAt) / holdMs
    const what = heldAt === undefined ? 'opening' : 'measuring'
    const line = `${what} ${Math.round(Math.min(1, share) * 100)} %, ${state(tally)}`
    if (isInteractive) process.stderr.write(`\r\u001b[2K${`${bar(share)} ${line}`.slice(0, columns - 1)}`)
    else note(line)
  }
  const timer = setInterval(draw, isInteractive ? BAR_MS : LINE_MS)
  return {
    allStarted() {
      heldAt = performance.now()
    },
    end() {
      clearInterval(timer)
      if (isInteractive) process.stderr.write('\r\u001b[2K')
    },
  }
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_CHARS)
  return '█'.repeat(full) + '░'.repeat(BAR_CHARS - full)
}

function state({ open, events, reconnects, refusals, errors }: Tally): string {
  const parts = [`${open.toLocaleString('en')} open`, `${events.toLocaleString('en')} events`]
  if (reconnects > 0) parts.push(`${reconnects.toLocaleString('en')} reconnects`)
  const failed = refusals.total + errors.total
  if (failed > 0) parts.push(`${failed.toLocaleString('en')} errors`)
  return parts.join(', ')
}
