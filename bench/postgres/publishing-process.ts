/** A process of `measureProcesses`: publishes one event after the other, by the naive insert or by an engine. */
import { postgres } from '@sse/postgres'
import { Client } from 'pg'
import { CHANNELS, NAIVE_INSERT, TITLE } from './events.ts'

export type Order = { type: 'publish'; row: 'naive' | 'engine'; untilMs: number }
export type Reply = { type: 'ready' } | { type: 'published'; events: number; ms: number }

const [url = ''] = process.argv.slice(2)
const client = new Client({ connectionString: url })
client.on('error', () => process.exit()) // the bench has stopped the server
await client.connect()
const engine = postgres({ url, name: 'processes' })
await engine.read(0, { limit: 0, maxBytes: 1 })

let id = 0
const publish = {
  naive: (channel: string, data: string) => client.query(NAIVE_INSERT, [channel, 'lead', data]),
  engine: (channel: string, data: string) => engine.append([{ channel, event: 'lead', data }]),
}

process.on('message', async ({ row, untilMs }: Order) => {
  const start = Date.now()
  let events = 0
  while (Date.now() < untilMs) {
    id += 1
    await publish[row](`owner:${id % CHANNELS}`, JSON.stringify({ id, title: TITLE }))
    events += 1
  }
  say({ type: 'published', events, ms: Date.now() - start })
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })

function say(reply: Reply): void {
  process.send?.(reply)
}
