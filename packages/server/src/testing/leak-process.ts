/**
 * Opens and drops connections in every way a client has, and says as JSON what they leave behind. Run with
 * `--expose-gc` and the number of connections.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server } from 'node:net'
import { defineStream, type } from '@sse/contract'
import type { StreamContext } from '../arguments.ts'
import { sse as sseWeb } from '../index.ts'
import { sse as sseNode } from '../node.ts'

const stream = defineStream({ path: '/:way', events: { count: type<number>(), text: type<string>() } })
type Context = StreamContext<typeof stream>

/** What a client does, by the name of the path it asks for. */
const WAYS = ['reset', 'close', 'early', 'authorize', 'flood', 'end'] as const
const BATCH = 240
const BLOCK = 'x'.repeat(16_384)

let opened = 0
let living = 0

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const untilGone = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })

async function* source({ params, event, signal }: Context) {
  opened++
  living++
  try {
    yield event('count', 1)
    if (params.way === 'end') return
    while (params.way === 'flood') yield event('text', BLOCK)
    await untilGone(signal)
  } finally {
    living--
  }
}

const options = {
  authorize: ({ params, signal }: Context) => params.way !== 'authorize' || untilGone(signal),
  onError: (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
}
const web = sseWeb(stream, source, options)
const http1 = createServer(sseNode(stream, source, options))
const http2 = createHttp2Server(sseNode(stream, source, options))

async function overHttp1(way: (typeof WAYS)[number]): Promise<void> {
  const socket = connect((http1.address() as AddressInfo).port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.write(`GET /${way} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
  if (way === 'early') await once(socket, 'connect')
  else if (way === 'authorize') await turn()
  else if (way === 'end') for await (const _ of socket);
  else {
    await once(socket, 'data')
    if (way === 'flood') socket.pause()
  }
  if (way === 'reset') socket.resetAndDestroy()
  else socket.destroy()
  await closed
}

async function overHttp2(count: number): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`)
  await each(count, async (index) => {
    const request = session.request({ ':path': `/${WAYS[index % WAYS.length]}` })
    request.on('error', () => {})
    if (WAYS[index % WAYS.length] === 'authorize') await turn()
    else await once(request, 'data')
    request.close(constants.NGHTTP2_CANCEL)
    await once(request, 'close')
  })
  session.close()
  await once(session, 'close')
}

async function overWeb(index: number): Promise<void> {
  const client = new AbortController()
  const answer = web(new Request(`http://a/${WAYS[index % WAYS.length]}`, { signal: client.signal }))
  if (WAYS[index % WAYS.length] === 'authorize') return client.abort()
  const reader = (await answer).body?.getReader()
  await reader?.read()
  if (index % 2) client.abort()
  else await reader?.cancel()
}

async function each(count: number, task: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done)
    await Promise.all(Array.from({ length: size }, (_, index) => task(index)))
  }
}

async function openAndDrop(count: number): Promise<void> {
  await each(count, (index) => overHttp1(WAYS[index % WAYS.length] as (typeof WAYS)[number]))
  // Node ends a session that resets a thousand streams in a row.
  for (let done = 0; done < count / 10; done += BATCH) await overHttp2(BATCH)
  await each(count / 10, overWeb)
}

async function measure() {
  const connections = () =>
    new Promise<number>((resolve) => http1.getConnections((_, count) => resolve(count)))
  while (living > 0 || (await connections()) > 0) await turn()
  for (let round = 0; round < 5; round++) {
    await turn()
    globalThis.gc?.()
  }
  return { heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().sort(), living }
}

const listening = (server: Server) => once(server.listen(0, '127.0.0.1'), 'listening')
await Promise.all([listening(http1), listening(http2)])

await openAndDrop(1_200) // what is made once: caches, compiled code
const before = await measure()
opened = 0
await openAndDrop(Number(process.argv[2]))
const after = await measure()
console.log(JSON.stringify({ before, after, opened }))
http1.close()
http2.close()
