// Sends the shape that the query names to whoever asks, as fast as it is taken.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { makeChunks } from './stream.ts'

const made = new Map<string, Uint8Array[]>()

const server = createServer((req, res) => {
  const query = new URL(req.url ?? '', 'http://test').searchParams
  const [events, heardEach, perChunk] = ['events', 'heardEach', 'perChunk'].map((key) =>
    Number(query.get(key)),
  )
  const key = String([events, heardEach, perChunk])
  const shape = { events: events as number, heardEach: heardEach as number, perChunk: perChunk as number }
  const chunks = made.get(key) ?? makeChunks(shape)
  made.set(key, chunks)
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  Readable.from(chunks).pipe(res, { end: false })
})
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())
