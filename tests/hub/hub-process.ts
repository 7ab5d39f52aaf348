/** A server to be killed: a hub on the SQLite file it is told, which publishes what is posted to it. */
import { createServer } from 'node:http'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { numbers } from './numbers.ts'

const [port, file] = process.argv.slice(2)
const hub = createHub(numbers, { engine: sqlite(String(file)), retention: { maxEvents: Infinity } })
const stream = sse(hub, {
  authorize: ({ params }) => params.owner,
  channels: ({ identity }) => [identity, 'everyone'],
  retryMs: 10,
})

createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
  if (req.method === 'GET' || pathname.endsWith('/ack')) stream(req, res)
  else {
    const options = { idempotencyKey: searchParams.get('key') ?? undefined }
    hub.publish(searchParams.get('channel') ?? '', 'n', Number(searchParams.get('n')), options).then(
      (id) => res.end(id),
      (error) => res.writeHead(500).end(String(error)),
    )
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`))
