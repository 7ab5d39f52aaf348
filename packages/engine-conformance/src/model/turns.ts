import { nextTurn } from '@sse/server/engine-kit'

/** Lets everything else run: the model's only clock. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>(nextTurn)
}

/** What takes longer than this will not happen any more. */
const PATIENCE_MS = 10_000

/** Waits until something holds; `false` when it never does. */
export async function until(holds: () => boolean): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  while (!holds()) {
    if (performance.now() > deadline) return false
    await turns(1)
  }
  return true
}
