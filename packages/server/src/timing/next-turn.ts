/** Runs a task in the next turn of the event loop, after what this one still has to do. */
export const nextTurn: (task: () => void) => void =
  // Where there is no setImmediate (Workers, browsers), a zero timeout is the next turn.
  (globalThis as { setImmediate?: (task: () => void) => void }).setImmediate ??
  ((task) => setTimeout(task, 0))
