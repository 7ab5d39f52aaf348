/** Longest delay of an update in a page that does not paint (hidden or busy), in milliseconds. */
const HIDDEN_DELAY_MS = 100

/**
 * Calls `task` once before the next paint, however often it is requested; soon, where nothing paints. A stream of
 * 10,000 events a second then renders as often as the screen refreshes.
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
      // A hidden page gets no frames: the timer covers it.
      timer = setTimeout(run, page.requestAnimationFrame ? HIDDEN_DELAY_MS : 0)
      frame = page.requestAnimationFrame?.(run)
    },
    cancel,
  }
}
