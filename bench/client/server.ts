// Sends the shape that the path names to each client, as fast as it is read.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { makeChunks, type Shape } from './stream.ts'

const made = new Map<string, Uint8Array[]>()

const server = createServer((req, res) => {
  const key = decodeURIComponent(req.url?.split('/')[1] ?? '')
  const chunks = made.get(key) ?? makeChunks(JSON.parse(key) as Shape)
  made.set(key, chunks)
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  Readable.from(chunks).pipe(res, { end: false })
})
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())
