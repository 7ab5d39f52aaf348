/**
 * The server that the commands in the docs are run against: a hub in `leads.db` of the current folder, on the port of
 * the first argument. Publishes two leads and a count at once, and one more lead each half second.
 */
import { createServer } from 'node:http'
import { setInterval } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'

const leads = defineStream({
  path: '/leads',
  events: { lead: type<{ id: number; title: string }>(), count: type<number>() },
})
const hub = createHub(leads, { engine: sqlite('leads.db') })
const stream = sse(hub, {
  authorize: ({ req }) => req.headers.authorization !== 'Bearer expired' && 'ada',
  channels: 'everyone',
  subscriber: false,
})
const publish = (id: number) => hub.publish('everyone', 'lead', { id, title: `Lead ${id}` })

const first = await publish(1)
await hub.publish('owner:42', 'count', 1)
await publish(2)
await hub.ack('ada', first)
createServer(stream).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))
let id = 2
for await (const _ of setInterval(500)) {
  id += 1
  await publish(id)
}
