/**
 * The server that the commands in the docs are run against: a hub in `leads.db` of the current folder, on the port of
 * the first argument. Publishes two leads and a count at once, and one more lead each half second.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setInterval } from 'node:timers/promises'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { until } from '@sse/test-support/until'

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
const port = Number(process.argv[2])
await once(createServer(stream).listen(port, '127.0.0.1'), 'listening')
connect(`http://127.0.0.1:${port}/leads`) // Ada is present
await until(async () => (await hub.presence('everyone')).length > 0)
console.log('listening')
let id = 2
for await (const _ of setInterval(500)) {
  id += 1
  await publish(id)
}
