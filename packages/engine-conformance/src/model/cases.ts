import type { Ability, ConformanceCase, OpenedEngine } from '../opened-engine.ts'
import { survivesForeignEntries } from './foreign-entries.ts'
import { hubModel } from './hub-model.ts'
import { returnAfterLong } from './long-history.ts'
import { resumeAfterTrim } from './trimmed-history.ts'

/** Seeds of one case: enough for a short list in the runner, few enough to finish before a timeout. */
const SEEDS_PER_CASE = 50

/** Runs with entries of another program. */
const FOREIGN_SEEDS = 20

export interface ModelCasesOptions {
  name: string
  open: () => Promise<OpenedEngine>
  seeds: number | readonly number[]
  abilities: readonly Ability[]
}

export function modelCases({ name, open, seeds, abilities }: ModelCasesOptions): ConformanceCase[] {
  const all = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds
  const long = 'a reader resumes over more than 10,000 stored events while more are published'
  const trimmed = 'a resume from a trimmed id reports the gap before anything else'
  const cases: ConformanceCase[] = [
    { name: `${name}: ${long}`, run: () => returnAfterLong(open, long) },
    { name: `${name}: ${trimmed}`, run: () => resumeAfterTrim(open, trimmed) },
  ]
  if (abilities.includes('foreign')) {
    const foreign =
      'entries of another program, with anything in any field, keep no other event from its readers'
    for (const seed of all.slice(0, FOREIGN_SEEDS)) {
      cases.push({
        name: `${name}: ${foreign} (seed ${seed})`,
        run: () => survivesForeignEntries(open, seed, foreign),
      })
    }
  }
  for (let from = 0; from < all.length; from += SEEDS_PER_CASE) {
    const own = all.slice(from, from + SEEDS_PER_CASE)
    const shown = own.length === 1 ? `seed ${own[0]}` : `seeds ${own[0]} to ${own.at(-1)}`
    cases.push({
      name: `${name}: delivers every retained event in order and once, or reports a gap first (${shown})`,
      run: async () => {
        for (const seed of own) await hubModel({ seed, open })
      },
    })
  }
  return cases
}
