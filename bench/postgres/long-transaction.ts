import { setTimeout as pause } from 'node:timers/promises'
import { postgres } from '@sse/postgres'
import { Client } from 'pg'
import { ROWS, type Row } from './publishers.ts'

/** Milliseconds that each publish took. */
type Durations = number[]

/**
 * Publishes while nothing else goes on, and while a publisher holds the transaction open in which it has published. The
 * two take turns.
 */
export async function measureLongTransaction(
  url: string,
  publishers: number,
  rounds: number,
  holdMs: number,
) {
  const seen: { alone: Durations; held: Durations } = { alone: [], held: [] }
  const engine = postgres({ url, name: 'insert' })
  const holder = new Client({ connectionString: url })
  await holder.connect()
  const row = await ROWS.insert(url, publishers)
  await timePublishes(row, publishers, holdMs / 4) // warm
  for (let round = 0; round < rounds; round += 1) {
    seen.alone.push(...(await timePublishes(row, publishers, holdMs)))
    await holder.query('BEGIN')
    const entry = { channel: 'long', event: 'lead', data: '{}' }
    await engine.insert(entry, (text, params) => holder.query(text, params))
    seen.held.push(...(await timePublishes(row, publishers, holdMs)))
    await holder.query('COMMIT')
  }
  await row.close()
  await engine.close()
  await holder.end()
  return seen
}

/** Each publisher now and then, so that what is measured is not a queue. */
async function timePublishes(row: Row, publishers: number, forMs: number): Promise<Durations> {
  const start = performance.now()
  const durations: Durations = []
  await Promise.all(
    Array.from({ length: publishers }, async (_, publisher) => {
      for (let id = 0; performance.now() - start < forMs; id += 1) {
        const since = performance.now()
        await row.publish(publisher, id)
        durations.push(performance.now() - since)
        await pause(10 + Math.random() * 20)
      }
    }),
  )
  return durations
}
