import { defineStream, type } from '@sse/contract'
import { postgres } from '@sse/postgres'
import { createHub } from '@sse/server'
import { Client } from 'pg'
import { CHANNELS, createNaiveTable, NAIVE_INSERT, TITLE } from './events.ts'

const channel = (id: number) => `owner:${id % CHANNELS}`
const contract = defineStream({ path: '/leads', events: { lead: type<{ id: number; title: string }>() } })

/** One way to store an event, by a number of publishers that each wait for their own. */
export interface Row {
  /** @returns once the event is committed. */
  publish(publisher: number, id: number): Promise<unknown>
  close(): Promise<void>
}

async function connect(url: string, count: number): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client({ connectionString: url }))
  await Promise.all(clients.map((client) => client.connect()))
  return clients
}

const closeAll = async (clients: readonly Client[]) => {
  for (const client of clients) await client.end()
}

export const ROWS = {
  /** A table with a bigserial, as one would write it, and an index on what is asked for. Loses events. */
  async naive(url: string, publishers: number): Promise<Row> {
    const clients = await connect(url, publishers)
    await createNaiveTable(url)
    return {
      publish: (publisher, id) =>
        (clients[publisher] as Client).query(NAIVE_INSERT, [
          channel(id),
          'lead',
          JSON.stringify({ id, title: TITLE }),
        ]),
      close: () => closeAll(clients),
    }
  },
  /** `hub.publishIn`, each call a transaction on a connection of the app; a hub moves the rows to the log meanwhile. */
  async insert(url: string, publishers: number): Promise<Row> {
    const clients = await connect(url, publishers)
    const engine = postgres({ url, name: 'insert' })
    const hub = createHub(contract, { engine })
    await hub.publish('none', 'lead', { id: 0, title: TITLE })
    return {
      publish: (publisher, id) => {
        const client = clients[publisher] as Client
        return hub.publishIn((text, params) => client.query(text, params), channel(id), 'lead', {
          id,
          title: TITLE,
        })
      },
      async close() {
        await closeAll(clients)
        await hub.close()
      },
    }
  },
  /** `hub.publish` of one process, which puts what meets into one transaction. */
  async hub(url: string): Promise<Row> {
    const hub = createHub(contract, { engine: postgres({ url, name: 'hub' }) })
    await hub.publish('none', 'lead', { id: 0, title: TITLE })
    return {
      publish: (_, id) => hub.publish(channel(id), 'lead', { id, title: TITLE }),
      close: () => hub.close(),
    }
  },
}

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]
