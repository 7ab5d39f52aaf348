/** Grows the size of an event, beside the loop by hand. */
import { measure as measureFanout } from '../fanout/measure.ts'
import { ROWS } from '../fanout/rows.ts'
import { CurveBuilder } from './curve.ts'
import type { GrowthOptions, Measurement, Part } from './measurement.ts'

const SIZES = [50, 500, 5_000, 50_000, 200_000, 1_048_576]
const QUICK_SIZES = [50, 50_000]
const SUBSCRIBERS = 100
const SLICE_MS = 250
const MAX_UNDER_WAY = 20_000

export const size: Part = { steps: () => 1, measure }

async function measure({ rounds, isQuick, step }: GrowthOptions): Promise<Measurement> {
  step('size of an event')
  const cells = (isQuick ? QUICK_SIZES : SIZES).map((payloadBytes) => ({
    subscribers: SUBSCRIBERS,
    eventsPerTurn: 1,
    payloadBytes,
  }))
  const settings = { rounds, sliceCpuMs: SLICE_MS, maxUnderWay: MAX_UNDER_WAY, execArgv: [] }
  const results = await measureFanout(['floor', 'hub'], cells, settings)
  const x = 'bytes of a payload'
  const event = new CurveBuilder({ name: 'size-event', title: 'An event delivered', x, unit: 'CPU µs' })
  const kilobyte = new CurveBuilder({
    name: 'size-kilobyte',
    title: 'A kilobyte delivered',
    x,
    unit: 'CPU µs',
  })
  for (const { payloadBytes, rows } of results) {
    for (const { row, rates } of rows) {
      for (const rate of rates) {
        event.add(row, ROWS[row].role, payloadBytes, 1e6 / rate)
        kilobyte.add(row, ROWS[row].role, payloadBytes, 1e9 / rate / payloadBytes)
      }
    }
  }
  return { rounds, curves: [event.build(), kilobyte.build()] }
}
