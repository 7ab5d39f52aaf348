/**
 * A hub's events to many connections, compressed once for all of them, by a compressor for each, and not: bytes on the
 * wire, CPU time of the server's process, and memory.
 *
 * @see docs/internals/benchmarks.md
 */
import { parseArgs } from 'node:util'
import { pick } from './common/pick.ts'
import { showProgress } from './common/progress.ts'
import { versions, writeResults } from './common/results.ts'
import { ratioSpread, type Spread, spread } from './common/spread.ts'
import { count, printTable } from './common/table.ts'
import { type Cell, Field } from './compression/field.ts'
import type { Row } from './compression/messages.ts'

interface RowResult {
  row: Row
  /** CPU time of the server for an event delivered, in microseconds, one number a round. */
  cpuMicros: number[]
  bytesPerEvent: number
  /** Memory of the server, for a connection, that opening and the first events took. */
  pssPerConnection: number
}

const ROWS: Row[] = ['plain', 'once', 'each']
const CELLS: Cell[] = [
  { connections: 1000, eventsPerTurn: 1, channels: 1 },
  { connections: 1000, eventsPerTurn: 10, channels: 1 },
  { connections: 1000, eventsPerTurn: 10, channels: 100 },
  { connections: 1000, eventsPerTurn: 10, channels: 1000 },
]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, // rough
    rows: { type: 'string' }, // such as once
    cells: { type: 'string' }, // such as 0,1
    rounds: { type: 'string' },
    dry: { type: 'boolean', default: false }, // prints, writes no file
  },
})
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
const sliceCpuMs = values.quick ? 100 : 400
const rows = [...new Set<Row>(['plain', ...pick(ROWS, values.rows)])]
const cells = pick(Object.keys(CELLS), values.cells).map((index) => CELLS[Number(index)] as Cell)

const step = showProgress(cells.length * rows.length * (rounds + 1))
const results: (Cell & { rows: RowResult[] })[] = []
for (const cell of cells) {
  results.push({ ...cell, rows: await measure(cell) })
  print(results.at(-1) as (typeof results)[number])
}
if (!values.dry) {
  const shown = results.map(({ rows, ...cell }) => ({
    ...cell,
    rows: rows.map((row) => ({
      ...row,
      cpuOfPlain: ofPlain(row, rows),
      bytesOfPlain: bytesOfPlain(row, rows),
    })),
  }))
  writeResults('compression', { rounds, sliceCpuMs, versions: versions(['compression']), cells: shown })
}

async function measure(cell: Cell): Promise<RowResult[]> {
  const fields = rows.map((row) => new Field(row, sliceCpuMs))
  try {
    const found: RowResult[] = []
    for (const field of fields) {
      step(`${field.row} opens ${cell.connections} connections`)
      const pssPerConnection = await field.open(cell)
      found.push({ row: field.row, cpuMicros: [], bytesPerEvent: 0, pssPerConnection })
    }
    for (let round = 0; round < rounds; round++) {
      for (const [index, field] of fields.entries()) {
        step(`${field.row}, round ${round + 1}`)
        const { cpuMicros, bytesPerEvent } = await field.slice(cell)
        const result = found[index] as RowResult
        result.cpuMicros.push(cpuMicros)
        result.bytesPerEvent = bytesPerEvent
      }
    }
    return found
  } finally {
    for (const field of fields) field.stop()
  }
}

function ofPlain({ cpuMicros }: RowResult, all: readonly RowResult[]): Spread {
  return ratioSpread(cpuMicros, (all[0] as RowResult).cpuMicros)
}

function bytesOfPlain({ bytesPerEvent }: RowResult, all: readonly RowResult[]): number {
  return (all[0] as RowResult).bytesPerEvent / bytesPerEvent
}

function print({ connections, eventsPerTurn, channels, rows: found }: Cell & { rows: RowResult[] }): void {
  const where = channels === 1 ? 'one channel' : `${channels} channels`
  const lines = found.map((row) => {
    const { median, min, max } = ofPlain(row, found)
    return [
      row.row,
      row.bytesPerEvent.toFixed(0),
      `${bytesOfPlain(row, found).toFixed(2)} ×`,
      spread(row.cpuMicros).median.toFixed(2),
      `${median.toFixed(2)} ×`,
      `${min.toFixed(2)} – ${max.toFixed(2)}`,
      count(row.pssPerConnection),
    ]
  })
  const title = [
    '',
    'bytes an event',
    'fewer',
    'CPU µs an event',
    'of plain',
    'min – max',
    'memory a connection',
  ]
  printTable(`${count(connections)} connections, ${where}, ${eventsPerTurn} events a turn`, [title, ...lines])
}
