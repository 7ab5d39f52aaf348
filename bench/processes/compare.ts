import { ratioSpread, type Spread, spread } from '../common/spread.ts'
import { count, printTable } from '../common/table.ts'
import type { Group, Slice } from './group.ts'

const PAYLOAD_BYTES = 120
const BURSTS = 25

/** Events delivered by the group of one process, by the group of two, and their ratio in the same rounds. */
interface Rates {
  one: Spread
  two: Spread
  ratio: Spread
}

export interface Cell {
  connections: number
  /** Published in one turn. */
  events: number
  perCpuSecond: Rates
  perSecond: Rates
}

/** Measures a group of one process and a group of two in alternating rounds. */
export async function compareGroups(
  groups: readonly [Group, Group],
  { events, rounds, step }: { events: number; rounds: number; step(what: string): void },
): Promise<Cell> {
  const slices: [Slice[], Slice[]] = [[], []]
  const { connections } = groups[0]
  for (let round = 0; round <= rounds; round += 1) {
    step(`${connections} connections, ${events} events at a time, round ${round} of ${rounds}`)
    for (const [index, group] of groups.entries()) {
      const slice = await group.run(BURSTS, events, PAYLOAD_BYTES)
      if (round > 0) slices[index]?.push(slice) // the first warms up
    }
  }
  const perCpu = ({ delivered, cpuMs }: Slice) => cpuMs.reduce((sum, ms) => sum + (delivered / ms) * 1_000, 0)
  const perWall = ({ delivered, cpuMs, wallMs }: Slice) => ((delivered * cpuMs.length) / wallMs) * 1_000
  return { connections, events, perCpuSecond: both(slices, perCpu), perSecond: both(slices, perWall) }
}

function both([one, two]: [Slice[], Slice[]], rateOf: (slice: Slice) => number): Rates {
  const rates = [one.map(rateOf), two.map(rateOf)] as const
  return { one: spread(rates[0]), two: spread(rates[1]), ratio: ratioSpread(rates[1], rates[0]) }
}

export function printCell({ connections, events, perCpuSecond, perSecond }: Cell): void {
  printTable(`${count(connections)} connections, ${events} events at a time`, [
    ['events delivered', '1 process', '2 processes', 'ratio', 'min – max'],
    row('per CPU second of each process, added up', perCpuSecond),
    row('per second on this machine', perSecond),
  ])
}

function row(name: string, { one, two, ratio }: Rates): string[] {
  return [
    name,
    count(one.median),
    count(two.median),
    `${ratio.median.toFixed(2)} ×`,
    `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}`,
  ]
}
