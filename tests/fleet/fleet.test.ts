import { describe, expect, it } from 'vitest'
import { engines } from './engines/start-engine.ts'
import { seededRun } from './seeded-run.ts'

/** `FLEET_SEEDS=200` for many, `FLEET_SEED=17` for one again. An even seed's engine forgets all when it is killed, if it can. */
const { FLEET_SEEDS, FLEET_SEED } = process.env
const seeds = FLEET_SEED
  ? [Number(FLEET_SEED)]
  : Array.from({ length: Number(FLEET_SEEDS ?? 2) }, (_, index) => index + 1)

describe.each(engines)('three server processes on %s', (name) => {
  it.each(seeds)(
    'killed, paused and cut off, they show every event in order, once, or a gap first (seed %i)',
    async (seed) => {
      const { problems, ...counts } = await seededRun(name, seed)
      expect(problems).toEqual([])
      console.log(`${name}, seed ${seed}: ${JSON.stringify(counts)}`)
      expect(counts.published).toBeGreaterThan(100)
      expect(counts.delivered).toBeGreaterThan(counts.published)
    },
    120_000,
  )
})
