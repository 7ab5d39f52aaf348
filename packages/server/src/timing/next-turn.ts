/** Runs a task in the next turn of the event loop, after everything the current turn still has to do. */
export const nextTurn: (task: () => void) => void =
  // Without setImmediate (Workers, browsers), a zero timeout is the next turn.
  (globalThis as { setImmediate?: (task: () => void) => void }).setImmediate ??
  ((task) => setTimeout(task, 0))
