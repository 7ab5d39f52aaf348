import { describe, expect, it } from 'vitest'
import { type EngineName, engines } from './engines/start-engine.ts'
import { seededRun } from './seeded-run.ts'

/** `FLEET_SEEDS=200` for many, `FLEET_SEED=17` for one again. */
const { FLEET_SEEDS, FLEET_SEED } = process.env

function seedsOf(name: EngineName): number[] {
  if (FLEET_SEED) return [Number(FLEET_SEED)]
  if (FLEET_SEEDS) return Array.from({ length: Number(FLEET_SEEDS) }, (_, index) => index + 1)
  // With 12 history is trimmed, and a Redis that is killed has forgotten everything, as with every even seed.
  return name === 'redis' ? [3, 12] : [3]
}

describe.each(engines)('three server processes on %s', (name) => {
  it.each(seedsOf(name))(
    'killed, paused and cut off, they show every event in order, once, or a gap first (seed %i)',
    async (seed) => {
      const { problems, ...counts } = await seededRun(name, seed)
      expect(problems).toEqual([])
      console.log(`${name}, seed ${seed}: ${JSON.stringify(counts)}`)
      expect(counts.published).toBeGreaterThan(30)
      expect(counts.delivered).toBeGreaterThan(counts.published)
    },
    120_000,
  )
})
