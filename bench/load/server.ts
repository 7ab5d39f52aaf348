/** A hub that publishes an event to everyone each five seconds. Sends its port to its parent, and ends with it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'

const INTERVAL_MS = 5_000

const leads = defineStream({ path: '/leads', events: { lead: type<{ id: number; at: number }>() } })
const hub = createHub(leads)
const server = createServer(sse(hub, { authorize: () => true, channels: 'everyone' }))
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port })
})
let id = 0
setInterval(() => {
  id += 1
  void hub.publish('everyone', 'lead', { id, at: Date.now() })
}, INTERVAL_MS)
process.on('disconnect', () => process.exit())
