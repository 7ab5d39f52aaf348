/**
 * A hub for load tests, on the port of the first argument, in the SQLite file of the second or in memory. Publishes ten
 * events a second, and prints how many connections it has.
 */
import { createServer } from 'node:http'
import { setInterval } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'

const leads = defineStream({ path: '/leads', events: { lead: type<{ id: number; at: number }>() } })
const [port, file] = process.argv.slice(2)
const hub = createHub(leads, file === undefined ? {} : { engine: sqlite(file) })
const stream = sse(hub, { authorize: () => true, channels: 'everyone' })
createServer(stream).listen(Number(port), '127.0.0.1', () => console.log('listening'))
let id = 0
for await (const _ of setInterval(100)) {
  id += 1
  await hub.publish('everyone', 'lead', { id, at: Date.now() })
  console.log(`${hub.stats().connections} connections`)
}
