import { sqlite } from '@sse/sqlite'
import { createHub } from '@sse/server'
import { defineStream, type } from '@sse/contract'
const room = defineStream({ path: '/api/room', events: { message: type<{ id: number; text: string }>() } })
const hub = createHub(room, { engine: sqlite('/tmp/fwc-try/x/' + Date.now() + '.db') })
await hub.publish('room', 'message', { id: 1, text: 'a' })
console.log(await hub.publish('room', 'message', { id: 2, text: 'b' }))
for await (const e of hub.subscribe('room', { from: 'oldest', untilHead: true })) console.log(e)
await hub.close()
