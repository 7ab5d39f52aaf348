/** The longest that a page which paints nothing (hidden, or busy) waits for its news, in milliseconds. */
const HIDDEN_DELAY_MS = 100

/**
 * Calls `task` once before the next paint, however often it is asked; where nothing paints, soon. Renders of
 * 10,000 events a second are those of the screen.
 */
export function eachFrame(task: () => void): { request(): void; cancel(): void } {
  const page = globalThis as { requestAnimationFrame?: typeof requestAnimationFrame }
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const cancel = () => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = undefined
    timer = undefined
  }
  const run = () => {
    cancel()
    task()
  }
  return {
    request() {
      if (timer !== undefined) return
      // A hidden page gets no frames, so never one without the other.
      timer = setTimeout(run, page.requestAnimationFrame ? HIDDEN_DELAY_MS : 0)
      frame = page.requestAnimationFrame?.(run)
    },
    cancel,
  }
}
