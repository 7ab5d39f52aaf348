import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { defineStream, type } from '@sse/contract'
import { nats } from '@sse/nats'
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

const ROWS = {
  /** The client library's own `publish`, all of a batch at once on one connection, without its stack traces. */
  async jetstream(url: string): Promise<Row> {
    const connection = await connect({ servers: url, noAsyncTraces: true })
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'bare', subjects: ['bare.>'] })
    const client = jetstream(connection)
    let id = 0
    const publish = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () => {
          id += 1
          return client.publish(`bare.${channel(id)}`, JSON.stringify(lead(id)))
        }),
      )
    // One stream for each size of batch.
    const close = async () => {
      await manager.streams.delete('bare')
      await connection.close()
    }
    return { publish, close }
  },
  async append(url: string): Promise<Row> {
    const engine = nats({ servers: url, name: 'append' })
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
    const hub = createHub(contract, { engine: nats({ servers: url, name: 'hub' }) })
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

/** Per second of the clock, and per second of this process's CPU: what else a busy machine does is not in that. */
export interface Rates {
  readonly wall: number[]
  readonly cpu: number[]
}

/** Events per second of each row, a number a round; the rows take turns, so that noise hits all alike. */
export async function measureThroughput(
  url: string,
  batchSizes: readonly number[],
  { rounds, sliceMs }: Settings,
) {
  const step = showProgress(batchSizes.length * rounds * ROW_NAMES.length)
  const results: { batchSize: number; rates: Record<RowName, Rates> }[] = []
  for (const batchSize of batchSizes) {
    const rates: Record<RowName, Rates> = {
      jetstream: { wall: [], cpu: [] },
      append: { wall: [], cpu: [] },
      hub: { wall: [], cpu: [] },
    }
    const opened = await Promise.all(ROW_NAMES.map(async (name) => ({ name, row: await ROWS[name](url) })))
    for (const { row } of opened) await rate(row, batchSize, sliceMs) // warm
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, row } of opened) {
        step(`${batchSize} at a time: round ${round} of ${rounds}, ${name}`)
        const { wall, cpu } = await rate(row, batchSize, sliceMs)
        rates[name].wall.push(wall)
        rates[name].cpu.push(cpu)
      }
    }
    for (const { row } of opened) await row.close()
    results.push({ batchSize, rates })
  }
  return results
}

async function rate(row: Row, batchSize: number, sliceMs: number): Promise<{ wall: number; cpu: number }> {
  const start = performance.now()
  const before = process.cpuUsage()
  let events = 0
  while (performance.now() - start < sliceMs) {
    await row.publish(batchSize)
    events += batchSize
  }
  const { user, system } = process.cpuUsage(before)
  return {
    wall: (events / (performance.now() - start)) * 1_000,
    cpu: (events / (user + system)) * 1_000_000,
  }
}
