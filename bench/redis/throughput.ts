import { createClient } from '@redis/client'
import { defineStream, type } from '@sse/contract'
import { redis } from '@sse/redis'
import { createHub } from '@sse/server'
import { showProgress } from '../common/progress.ts'

/** About 120 bytes of JSON. */
const TITLE = 'Somebody asks for an offer on forty seats, and would like to be called before Friday noon.'
const CHANNELS = 100
const lead = (id: number) => ({ id, title: TITLE })
const channel = (id: number) => `owner:${id % CHANNELS}`

interface Row {
  /** Stores so many leads at once. */
  publish(count: number): Promise<unknown>
  close(): Promise<void>
}

export const ROWS = {
  /** Commands on one connection, all of a batch in one write; the server numbers them. */
  async xadd(url: string): Promise<Row> {
    const client = createClient({ url, RESP: 2 })
    await client.connect()
    let id = 0
    const publish = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () => {
          id += 1
          const fields = ['c', channel(id), 'e', 'lead', 'd', JSON.stringify(lead(id))]
          return client.sendCommand(['XADD', 'bare', '*', ...fields])
        }),
      )
    return { publish, close: () => client.close() }
  },
  async append(url: string): Promise<Row> {
    const engine = redis({ url, name: 'append' })
    let id = 0
    const publish = (count: number) =>
      engine.append(
        Array.from({ length: count }, () => {
          id += 1
          return { channel: channel(id), event: 'lead', data: JSON.stringify(lead(id)) }
        }),
      )
    return { publish, close: () => engine.close() }
  },
  async hub(url: string): Promise<Row> {
    const contract = defineStream({
      path: '/leads',
      events: { lead: type<{ id: number; title: string }>() },
    })
    const hub = createHub(contract, { engine: redis({ url, name: 'hub' }) })
    let id = 0
    const publish = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () => {
          id += 1
          return hub.publish(channel(id), 'lead', lead(id))
        }),
      )
    return { publish, close: () => hub.close() }
  },
}

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]

export interface Settings {
  readonly rounds: number
  readonly sliceMs: number
}

/** Events per second of each row, a number a round; the rows take turns, so that noise hits all alike. */
export async function measureThroughput(
  url: string,
  batchSizes: readonly number[],
  { rounds, sliceMs }: Settings,
) {
  const step = showProgress(batchSizes.length * rounds * ROW_NAMES.length)
  const results: { batchSize: number; rates: Record<RowName, number[]> }[] = []
  for (const batchSize of batchSizes) {
    const rates: Record<RowName, number[]> = { xadd: [], append: [], hub: [] }
    const opened = await Promise.all(ROW_NAMES.map(async (name) => ({ name, row: await ROWS[name](url) })))
    for (const { row } of opened) await rate(row, batchSize, sliceMs) // warm
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, row } of opened) {
        step(`${batchSize} at a time: round ${round} of ${rounds}, ${name}`)
        rates[name].push(await rate(row, batchSize, sliceMs))
      }
    }
    for (const { row } of opened) await row.close()
    results.push({ batchSize, rates })
  }
  return results
}

async function rate(row: Row, batchSize: number, sliceMs: number): Promise<number> {
  const start = performance.now()
  let events = 0
  while (performance.now() - start < sliceMs) {
    await row.publish(batchSize)
    events += batchSize
  }
  return (events / (performance.now() - start)) * 1000
}
