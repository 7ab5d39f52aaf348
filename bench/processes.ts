/**
 * What a second server process adds: the same fan-out by one process and by two, on one hub in Redis.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { RedisServer } from '@sse/test-support/redis-server'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { ratioSpread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { Group, type Slice } from './processes/group.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '15' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const connections = Number(values.connections)
const rounds = Number(values.rounds)
const EVENTS = [1, 10]
const PAYLOAD_BYTES = 120
const BURSTS = 25

const redis = await RedisServer.start()
const groups = [new Group(redis.url, 1, connections), new Group(redis.url, 2, connections)]
const step = showProgress(EVENTS.length * (rounds + 1))
try {
  for (const group of groups) await group.open()
  const cells = []
  for (const events of EVENTS) {
    const slices: [Slice[], Slice[]] = [[], []]
    for (let round = 0; round <= rounds; round += 1) {
      step(`${events} events at a time, round ${round} of ${rounds}`)
      for (const [index, group] of groups.entries()) {
        const slice = await group.run(BURSTS, events, PAYLOAD_BYTES)
        if (round > 0) slices[index]?.push(slice) // the first warms up
      }
    }
    cells.push({ events, ...compare(slices) })
  }
  for (const { events, perCpuSecond, perSecond } of cells) {
    printTable(`${count(connections)} connections, ${events} events at a time`, [
      ['events delivered', '1 process', '2 processes', 'ratio', 'min – max'],
      row('per CPU second of each process, added up', perCpuSecond),
      row('per second on this machine', perSecond),
    ])
  }
  if (!values.dry) writeResults('processes', { connections, rounds, payloadBytes: PAYLOAD_BYTES, cells })
} finally {
  for (const group of groups) await group.stop()
  await redis.stop()
}

function compare([one, two]: [Slice[], Slice[]]) {
  const perCpu = ({ delivered, cpuMs }: Slice) => cpuMs.reduce((sum, ms) => sum + (delivered / ms) * 1_000, 0)
  const perWall = ({ delivered, cpuMs, wallMs }: Slice) => ((delivered * cpuMs.length) / wallMs) * 1_000
  return { perCpuSecond: both(one, two, perCpu), perSecond: both(one, two, perWall) }
}

function both(one: Slice[], two: Slice[], rateOf: (slice: Slice) => number) {
  const rates = [one.map(rateOf), two.map(rateOf)] as const
  return { one: spread(rates[0]), two: spread(rates[1]), ratio: ratioSpread(rates[1], rates[0]) }
}

function row(name: string, { one, two, ratio }: ReturnType<typeof both>): string[] {
  return [
    name,
    count(one.median),
    count(two.median),
    `${ratio.median.toFixed(2)} ×`,
    `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}`,
  ]
}
