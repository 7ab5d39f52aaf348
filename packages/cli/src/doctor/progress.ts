import type { Terminal } from '../terminal.ts'

interface ProgressLine {
  readonly show: (text: string) => void
  readonly clear: () => void
}

/** A line on standard error that is overwritten. Nothing where no person looks. */
export function showProgress({ isInteractive }: Terminal): ProgressLine {
  const write = (text: string) => {
    if (isInteractive) process.stderr.write(`\r\u001b[2K${text}`)
  }
  return { show: write, clear: () => write('') }
}
