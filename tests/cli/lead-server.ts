/**
 * The server that the commands in the docs are run against: a hub in the file of the first argument, on the port of the
 * second. Publishes its leads once, and one more each half second.
 */
import { createServer } from 'node:http'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'

const [file = '', port = ''] = process.argv.slice(2)

const leads = defineStream({
  path: '/leads',
  events: { lead: type<{ id: number; title: string }>(), count: type<number>() },
})
const hub = createHub(leads, { engine: sqlite(file) })
const server = createServer(
  sse(hub, {
    authorize: ({ req }) => req.headers.authorization !== 'Bearer expired',
    channels: 'everyone',
  }),
)

const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara']
let published = 0
async function publishNext(): Promise<void> {
  const id = (published += 1)
  await hub.publish('everyone', 'lead', { id, title: NAMES[id % NAMES.length] as string })
  await hub.publish('everyone', 'count', id)
}
await publishNext()
await publishNext()
setInterval(publishNext, 500)
server.listen(Number(port), '127.0.0.1', () => console.log('listening'))
process.once('SIGTERM', async () => {
  await hub.close()
  process.exit()
})
