import { wait } from '../verbs/entries.ts'

// `setImmediate` where it exists: a zero timeout takes a millisecond on Node.
const { setImmediate: nextTurn = (task: () => void) => setTimeout(task, 0) } = globalThis as {
  setImmediate?: (task: () => void) => unknown
}

/** Waits for a number of turns of the event loop: the model's only clock. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => nextTurn(resolve))
}

/** What takes longer than this counts as never. */
const PATIENCE_MS = 30_000
/** Turns after which something is slow, and waits for a store or a timer: more turns would only keep the processor busy. */
const MANY_TURNS = 200

/** Waits until a condition is true. Resolves with `false` if it never is. */
export async function until(isMet: () => boolean): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  for (let turn = 1; !isMet(); turn += 1) {
    if (performance.now() > deadline) return false
    if (turn < MANY_TURNS) await turns(1)
    else await wait(1)
  }
  return true
}
