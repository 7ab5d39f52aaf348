import type { ConformanceCase, OpenedEngine } from '../opened-engine.ts'
import { hubModel } from './hub-model.ts'
import { returnAfterLong } from './long-history.ts'

/** Seeds of one case: enough that a runner's list stays short, few enough to end before its time is up. */
const SEEDS_PER_CASE = 50

export interface ModelCasesOptions {
  name: string
  open: () => Promise<OpenedEngine>
  seeds: number | readonly number[]
}

export function modelCases({ name, open, seeds }: ModelCasesOptions): ConformanceCase[] {
  const all = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds
  const promise = 'a reader comes back over more than 10,000 stored events while more are published'
  const cases: ConformanceCase[] = [
    { name: `${name}: ${promise}`, run: () => returnAfterLong(open, promise) },
  ]
  for (let from = 0; from < all.length; from += SEEDS_PER_CASE) {
    const own = all.slice(from, from + SEEDS_PER_CASE)
    const shown = own.length === 1 ? `seed ${own[0]}` : `seeds ${own[0]} to ${own.at(-1)}`
    cases.push({
      name: `${name}: every retained event, in order, once, or a gap said first (${shown})`,
      run: async () => {
        for (const seed of own) await hubModel({ seed, open })
      },
    })
  }
  return cases
}
