import type { Cost, Costs } from './messages.ts'

export interface Baseline {
  /** Version of Node that counted. */
  node: string
  scenarios: Readonly<Record<string, Costs>>
}

/** More than this is a failure. */
const MAX_GROWTH = 0.1
/** Functions that a message names. */
const SHOWN = 8

interface Measure {
  what: string
  of: (cost: Cost) => number
}

const CODE: Measure = { what: 'syntax tokens that run', of: ([tokens]) => tokens }
const BYTES: Measure = { what: 'allocated bytes', of: ([, own, node]) => own + node }
const OWN_BYTES: Measure = { what: 'bytes allocated without those in Node', of: ([, own]) => own }

/**
 * Returns what can be compared. A minor version of Node may allocate more in its own functions, and a major version may
 * give all objects another size; the code that runs is the same on all of them.
 */
export function measuresFor(now: string, before: string): readonly Measure[] {
  const major = (version: string) => version.split('.')[0]
  if (now === before) return [CODE, BYTES]
  return major(now) === major(before) ? [CODE, OWN_BYTES] : [CODE]
}

export interface Growth {
  scenario: string
  what: string
  before: number
  now: number
  /** 0.1 is 10 % more. */
  growth: number
  isTooMuch: boolean
  /** The functions that grew most, one a line. */
  causes: readonly string[]
}

/** Compares all scenarios, also those that did not grow. */
export function compare(now: Baseline, before: Baseline): Growth[] {
  const measures = measuresFor(now.node, before.node)
  return Object.entries(now.scenarios).flatMap(([scenario, costs]) => {
    const known = before.scenarios[scenario]
    if (!known) throw new Error(`"${scenario}" is not in the baseline: write it with --write`)
    return measures.map(({ what, of }) => {
      const growth = sum(costs, of) / sum(known, of) - 1
      return {
        scenario,
        what,
        before: sum(known, of),
        now: sum(costs, of),
        growth,
        isTooMuch: growth > MAX_GROWTH,
        causes: findCauses(costs, known, of),
      }
    })
  })
}

function sum(costs: Costs, of: Measure['of']): number {
  return Object.values(costs).reduce((total, cost) => total + of(cost), 0)
}

function findCauses(now: Costs, before: Costs, of: Measure['of']): string[] {
  const cost = (costs: Costs, name: string) => of(costs[name] ?? [0, 0, 0])
  return Object.keys(now)
    .map((name) => ({ name, from: cost(before, name), to: cost(now, name) }))
    .filter(({ from, to }) => to - from >= 1)
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, SHOWN)
    .map(({ name, from, to }) => `+${round(to - from)}  ${name}  (${round(from)} → ${round(to)})`)
}

export function round(number: number): string {
  return Math.round(number).toLocaleString('en')
}
