// One hub per process, however often this module is loaded: docs/operations/in-your-stack.md.
import { defineStream, type } from '@sse/contract'
import { createHub, sse } from '@sse/server'

const counts = defineStream({ path: '/counts', events: { count: type() } })
const makeHub = () => {
  console.log('made a hub')
  return createHub(counts)
}
globalThis.countsHub ??= makeHub()

export const hub = globalThis.countsHub
export const handler = sse(hub, { authorize: () => 'ada', channels: 'everyone' })
export const version = 1
