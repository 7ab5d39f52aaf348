import fc from 'fast-check'
import type { Fault } from './faults.ts'

export const CHANNELS = ['a', 'b', 'c', 'all'] as const

export type Step = { after: number } & (
  | { do: 'fault'; fault: Fault }
  | { do: 'move'; reader: number; server: number }
  | { do: 'leave'; reader: number }
  | { do: 'join'; channels: readonly string[]; server: number }
)

/** Everything about a run that a seed decides. How fast what happens is up to the machine. */
export interface Plan {
  isDurable: boolean
  /** Events kept; undefined: all. */
  maxEvents: number | undefined
  readers: readonly { channels: readonly string[]; server: number }[]
  /** Each begins when `after` more events were acknowledged. */
  steps: readonly Step[]
  /** What is published, over and over, by each publisher. */
  publications: readonly (readonly { channel: string; bulk: number }[])[]
}

const server = fc.nat({ max: 2 })
const after = fc.integer({ min: 3, max: 40 })
const channels = fc.subarray([...CHANNELS], { minLength: 1 })
const short = fc.integer({ min: 0, max: 400 })
/** Longer than a heartbeat, and at times than what clients and engines wait for an answer. */
const pause = fc.integer({ min: 100, max: 1_300 })

/** All kinds that an engine can have come up, in an order of the seed's. */
function faults(kinds: readonly Fault['kind'][]): fc.Arbitrary<Step[]> {
  return fc
    .tuple(...kinds.map((kind) => fc.record({ after, fault: faultOf(kind) })))
    .chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length, maxLength: steps.length }))
    .map((steps) => steps.map((step) => ({ do: 'fault' as const, ...step })))
}

function faultOf(kind: Fault['kind']): fc.Arbitrary<Fault> {
  switch (kind) {
    case 'kill server':
      return fc.record({ kind: fc.constant(kind), server, ms: short })
    case 'pause server':
      return fc.record({ kind: fc.constant(kind), server, ms: pause })
    case 'cut readers':
    case 'cut engine':
      return fc.record({ kind: fc.constant(kind), server })
    case 'kill engine':
      return fc.record({ kind: fc.constant(kind), ms: short })
    case 'pause engine':
      return fc.record({ kind: fc.constant(kind), ms: pause })
  }
}

const reader = fc.nat({ max: 5 })
const walk: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ after, do: fc.constant('move' as const), reader, server }),
  fc.record({ after, do: fc.constant('leave' as const), reader }),
  fc.record({ after, do: fc.constant('join' as const), channels, server }),
)

export function planOf(seed: number, kinds: readonly Fault['kind'][]): Plan {
  const plan = fc.record({
    isDurable: fc.constant(seed % 2 === 1),
    maxEvents: fc.option(fc.integer({ min: 20, max: 150 }), { freq: 2, nil: undefined }),
    readers: fc.array(fc.record({ channels, server }), { minLength: 6, maxLength: 6 }),
    steps: fc.tuple(faults(kinds), fc.array(walk, { minLength: 6, maxLength: 12 })).chain(([harm, walks]) => {
      const all = [...harm, ...walks]
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    }),
    publications: fc.array(
      fc.array(
        fc.record({ channel: fc.constantFrom(...CHANNELS), bulk: fc.constantFrom(0, 0, 0, 50, 3_000) }),
        { minLength: 30, maxLength: 30 },
      ),
      { minLength: 3, maxLength: 3 },
    ),
  })
  return fc.sample(plan, { seed, numRuns: 1 })[0] as Plan
}
