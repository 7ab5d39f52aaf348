// A hub's stream for both versions of h3, under /web with a Fetch handler and under /node with a Node handler.
import { subscribe } from 'node:diagnostics_channel'
import { defineStream, type } from '@sse/contract'
import { createHub, sse as sseWeb } from '@sse/server'
import { sse as sseNode } from '@sse/server/node'

const counts = defineStream({ path: '/counts', heartbeatMs: 100, events: { count: type() } })
const hub = createHub(counts)
let count = 0
setInterval(() => hub.publish('everyone', 'count', ++count), 20)

subscribe('sse.connection.closed', ({ reason }) => console.log(`closed: ${reason}`))

const options = { authorize: () => 'ada', channels: 'everyone' }
export const web = sseWeb(hub, options)
export const node = sseNode(hub, options)
