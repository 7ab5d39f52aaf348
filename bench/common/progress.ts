/** Says on stderr how far a run is: one line that is rewritten on a terminal, a line per tenth elsewhere. */
export function showProgress(steps: number): (what: string) => void {
  const startedAt = Date.now()
  let done = 0
  let tenth = -1
  return (what) => {
    const share = done++ / steps
    const seconds = (Date.now() - startedAt) / 1000
    const left = share > 0.02 ? `, ${Math.round(seconds / share - seconds)} s left` : ''
    const line = `${String(Math.round(share * 100)).padStart(3)} %${left}  ${what}`
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${done < steps ? line : ''}`)
    } else if (Math.floor(share * 10) > tenth) {
      tenth = Math.floor(share * 10)
      process.stderr.write(`${line}\n`)
    }
  }
}
