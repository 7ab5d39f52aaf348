import { showProgress } from '../common/progress.ts'
import { Field } from './field.ts'
import type { Burst } from './messages.ts'
import type { RowName } from './rows.ts'

export interface Cell {
  subscribers: number
  eventsPerTurn: number
  payloadBytes: number
}

export interface Settings {
  rounds: number
  /** How much CPU time one row spends in one round, about. */
  sliceCpuMs: number
  /** Events under way over all connections, if more than one turn: a slice is to be no longer than it was asked to be. */
  maxUnderWay: number
  /** Node's own options for the servers, such as `--cpu-prof`. */
  execArgv: string[]
}

export interface RowResult {
  row: RowName
  /** Events delivered per CPU second, one number a round. */
  rates: number[]
  bytesPerEvent: number
}

export interface CellResult extends Cell {
  rows: RowResult[]
}

/**
 * Bytes a connection may have under way before the next turns wait until all have been read: with twice as many
 * and more, sockets fill, and what is measured is how a library deals with slow readers.
 */
const MAX_BYTES_UNDER_WAY = 8192
/** Of a frame, besides the payload. */
const FRAME_BYTES = 60

/** Measures every row in every cell, in alternating rounds: A B C … A B C …, so that noise hits all alike. */
export async function measure(rows: RowName[], cells: Cell[], settings: Settings): Promise<CellResult[]> {
  const sizes = [...new Set(cells.map(({ subscribers }) => subscribers))]
  const step = showProgress(rows.length * (sizes.length + cells.length * (settings.rounds + 1)))
  const results: CellResult[] = []
  for (const subscribers of sizes) {
    const fields: Field[] = []
    try {
      for (const row of rows) {
        step(`${row}: opens ${subscribers} connections`)
        const field = new Field(row, settings)
        fields.push(field)
        await field.start()
        await field.open(subscribers)
      }
      for (const cell of cells.filter((each) => each.subscribers === subscribers)) {
        results.push(await measureCell(fields, cell, settings, step))
      }
    } finally {
      for (const field of fields) field.stop()
    }
  }
  return results
}

async function measureCell(
  fields: Field[],
  cell: Cell,
  { rounds, sliceCpuMs, maxUnderWay }: Settings,
  step: (what: string) => void,
): Promise<CellResult> {
  const burst = toBurst(cell, maxUnderWay)
  const slices = new Map<Field, number>()
  const rows: RowResult[] = fields.map(({ row }) => ({ row, rates: [], bytesPerEvent: 0 }))
  for (const field of fields) {
    step(`${describe(cell)}: ${field.row} warms up`)
    let bursts = 1
    for (const share of [0.5, 1]) {
      const { cpuMs } = await field.run(burst, bursts)
      bursts = Math.max(1, Math.round((bursts * sliceCpuMs * share) / cpuMs))
    }
    slices.set(field, bursts)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [index, field] of fields.entries()) {
      step(`${describe(cell)}: round ${round} of ${rounds}, ${field.row}`)
      const { cpuMs, delivered, bytes } = await field.run(burst, slices.get(field) as number)
      const row = rows[index] as RowResult
      row.rates.push((delivered / cpuMs) * 1000)
      row.bytesPerEvent = bytes / delivered
    }
  }
  return { ...cell, rows }
}

export function describe({ subscribers, eventsPerTurn, payloadBytes }: Cell): string {
  const turn = eventsPerTurn === 1 ? '1 event' : `${eventsPerTurn} events`
  const size = payloadBytes < 1000 ? `${payloadBytes} B` : `${Math.round(payloadBytes / 1000)} KB`
  return `${subscribers.toLocaleString('en')} subscribers, ${turn} a turn, ${size}`
}

/** Turns that may be under way together. */
export function toBurst({ subscribers, eventsPerTurn, payloadBytes }: Cell, maxUnderWay: number): Burst {
  const bytesPerTurn = eventsPerTurn * (payloadBytes + FRAME_BYTES)
  const fitting = Math.min(MAX_BYTES_UNDER_WAY / bytesPerTurn, maxUnderWay / (subscribers * eventsPerTurn))
  return { eventsPerTurn, payloadBytes, turns: Math.max(1, Math.floor(fitting)) }
}
