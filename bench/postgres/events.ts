import { Client } from 'pg'

/** About 120 bytes of JSON. */
export const TITLE =
  'Somebody asks for an offer on forty seats, and would like to be called before Friday noon.'
export const CHANNELS = 100
export const NAIVE_INSERT = 'INSERT INTO naive (channel, event, data) VALUES ($1, $2, $3)'

/** Creates a table with a bigserial, as one would write it, and an index by channel. */
export async function createNaiveTable(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `CREATE TABLE IF NOT EXISTS naive (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), channel text NOT NULL,
       event text NOT NULL, data text NOT NULL)`,
  )
  await client.query('CREATE INDEX IF NOT EXISTS naive_by_channel ON naive (channel, id)')
  await client.end()
}
