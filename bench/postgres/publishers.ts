import { defineStream, type } from '@sse/contract'
import { type PostgresEngine, postgres } from '@sse/postgres'
import { createHub } from '@sse/server'
import { Client } from 'pg'

/** About 120 bytes of JSON. */
const TITLE = 'Somebody asks for an offer on forty seats, and would like to be called before Friday noon.'
const CHANNELS = 100
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
    await clients[0]?.query(
      `CREATE TABLE naive (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), channel text NOT NULL,
         event text NOT NULL, data text NOT NULL)`,
    )
    await clients[0]?.query('CREATE INDEX naive_by_channel ON naive (channel, id)')
    const insert = 'INSERT INTO naive (channel, event, data) VALUES ($1, $2, $3)'
    return {
      publish: (publisher, id) =>
        (clients[publisher] as Client).query(insert, [
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
  /** As many engines as publishers, as in as many processes: each append is a transaction. */
  async processes(url: string, publishers: number): Promise<Row> {
    const engines: PostgresEngine[] = Array.from({ length: publishers }, () =>
      postgres({ url, name: 'processes' }),
    )
    for (const engine of engines) await engine.read(0, { limit: 0, maxBytes: 1 })
    return {
      publish: (publisher, id) =>
        (engines[publisher] as PostgresEngine).append([
          { channel: channel(id), event: 'lead', data: JSON.stringify({ id, title: TITLE }) },
        ]),
      async close() {
        for (const engine of engines) await engine.close()
      },
    }
  },
}

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]
