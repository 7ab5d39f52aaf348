/**
 * What a second server process adds: the same fan-out by one process and by two, on one hub in Redis.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { RedisServer } from '@sse/test-support/redis-server'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { type Cell, compareGroups, printCell } from './processes/compare.ts'
import { Group } from './processes/group.ts'

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

const redis = await RedisServer.start()
const groups = [
  new Group('redis', redis.url, 1, connections),
  new Group('redis', redis.url, 2, connections),
] as const
const step = showProgress(EVENTS.length * (rounds + 1))
try {
  for (const group of groups) await group.open()
  const cells: Cell[] = []
  for (const events of EVENTS) cells.push(await compareGroups(groups, { events, rounds, step }))
  cells.forEach(printCell)
  if (!values.dry) writeResults('processes', { connections, rounds, cells })
} finally {
  for (const group of groups) await group.stop()
  await redis.stop()
}
