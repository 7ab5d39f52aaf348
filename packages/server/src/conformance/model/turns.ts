import { nextTurn } from '../../next-turn.ts'

/** Lets everything else run: the model's only clock. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>(nextTurn)
}
