/** Longest delay of an update in a page that does not paint (hidden or busy), in milliseconds. */
const HIDDEN_DELAY_MS = 100

/** Requested since the last frame, in this order. */
let requested = new Set<() => void>()
/** Those of the frame that runs. A task that is cancelled by another one is not called. */
let due = new Set<() => void>()
let frame: number | undefined
let timer: ReturnType<typeof setTimeout> | undefined

/**
 * Calls `task`, a function of this call alone, once before the next paint, however often it is requested; soon, where
 * nothing paints. A stream of 10,000 events a second then renders as often as the screen refreshes. All tasks of the
 * page run in one callback, so that a component that shows several of them renders once.
 */
export function eachFrame(task: () => void): { request(): void; cancel(): void } {
  return {
    request() {
      requested.add(task)
      if (timer !== undefined) return
      const page = globalThis as { requestAnimationFrame?: typeof requestAnimationFrame }
      // A hidden page gets no frames: the timer covers it.
      timer = setTimeout(runAll, page.requestAnimationFrame ? HIDDEN_DELAY_MS : 0)
      frame = page.requestAnimationFrame?.(runAll)
    },
    cancel() {
      due.delete(task)
      requested.delete(task)
    },
  }
}

function runAll(): void {
  if (frame !== undefined) cancelAnimationFrame(frame)
  clearTimeout(timer)
  frame = timer = undefined
  due = requested
  requested = new Set()
  for (const task of due) {
    try {
      task()
    } catch (error) {
      const report = globalThis.reportError ?? console.error
      report(error)
    }
  }
}
