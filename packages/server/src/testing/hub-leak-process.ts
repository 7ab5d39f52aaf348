/**
 * Opens and drops a hub's connections in every way a client has, while events are published, and says as JSON what
 * they leave behind. Run with `--expose-gc` and the number of connections.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub, sse as sseWeb } from '../index.ts'
import { sse } from '../node.ts'

const stream = defineStream({ path: '/:way/:n', events: { text: type<string>() } })
const WAYS = ['reset', 'close', 'early', 'refused', 'stalled', 'gap', 'head', 'unknown'] as const
const BATCH = 240
const BLOCK = 'x'.repeat(20_000)

const hub = createHub(stream, { ring: { maxEvents: 50 }, retention: { maxEvents: 50 } })
const source = ({
  params,
  lastEventId,
}: {
  params: { way: string; n: string }
  lastEventId?: string | undefined
}) => hub.subscribe([params.way, `own ${params.n}`], { after: lastEventId, identity: params.n })
const options = {
  authorize: ({ params }: { params: { way: string } }) => params.way !== 'refused',
  onError: () => {},
}
const server = createServer(sse(stream, source, options))
const web = sseWeb(stream, source, options)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function overHttp(way: (typeof WAYS)[number], n: number): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  const method = way === 'head' ? 'HEAD' : 'GET'
  const id = way === 'gap' ? 'last-event-id: other-1\r\n' : ''
  const path = way === 'unknown' ? '/nothing' : `/${way}/${n}`
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: a\r\n${id}\r\n`)
  if (way === 'early') await once(socket, 'connect')
  else await once(socket, 'data')
  if (way === 'stalled') {
    socket.pause()
    for (let block = 0; block < 3; block += 1) await hub.publish('stalled', 'text', BLOCK)
  } else hub.publish(way, 'text', 'x')
  if (way === 'reset') socket.resetAndDestroy()
  else socket.destroy()
  await closed
}

async function overWeb(n: number): Promise<void> {
  const client = new AbortController()
  const response = await web(new Request(`http://a/web/${n}`, { signal: client.signal }))
  const reader = response.body?.getReader()
  await reader?.read()
  if (n % 2) client.abort()
  else await reader?.cancel()
}

async function openAndDrop(count: number): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - done) }, (_, index) => done + index)
    await Promise.all(
      numbers.map((n) => (n % 10 ? overHttp(WAYS[n % WAYS.length] as (typeof WAYS)[number], n) : overWeb(n))),
    )
  }
}

async function measure() {
  while (hub.stats().connections > 0) await new Promise((done) => setTimeout(done, 10))
  // Until presence has believed that everybody has left.
  while ((await hub.presence('web')).length > 0) await new Promise((done) => setTimeout(done, 100))
  await new Promise((done) => setTimeout(done, 3_500))
  for (let round = 0; round < 5; round += 1) {
    await turn()
    globalThis.gc?.()
  }
  const { connections, lagging, channels, gaps } = hub.stats()
  return { heap: process.memoryUsage().heapUsed, stats: { connections, lagging, channels }, gaps }
}

await once(server.listen(0, '127.0.0.1'), 'listening')
await openAndDrop(1_200)
const before = await measure()
await openAndDrop(Number(process.argv[2]))
const after = await measure()
console.log(JSON.stringify({ before, after }))
server.close()
server.closeAllConnections()
await hub.close()
