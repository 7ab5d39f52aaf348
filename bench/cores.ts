/**
 * What a second core adds on one host: the same fan-out by one process and by two, on one SQLite file.
 *
 * @see docs/internals/benchmarks.md
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { showProgress } from './common/progress.ts'
import { writeResults } from './common/results.ts'
import { type Cell, compareGroups, printCell } from './processes/compare.ts'
import { Group } from './processes/group.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '400,4000' },
    rounds: { type: 'string', default: '15' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const sizes = values.connections.split(',').map(Number)
const rounds = Number(values.rounds)
const EVENTS = [1, 10]

const folder = mkdtempSync(join(tmpdir(), 'sse-cores-'))
const step = showProgress(sizes.length * EVENTS.length * (rounds + 1))
const cells: Cell[] = []
try {
  for (const connections of sizes) {
    const groups = [
      new Group('sqlite', folder, 1, connections),
      new Group('sqlite', folder, 2, connections),
    ] as const
    try {
      for (const group of groups) await group.open()
      for (const events of EVENTS) cells.push(await compareGroups(groups, { events, rounds, step }))
    } finally {
      for (const group of groups) await group.stop()
    }
  }
  cells.forEach(printCell)
  if (!values.dry) writeResults('cores', { rounds, cells })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
