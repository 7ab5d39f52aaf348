import { defineStream, type } from '@sse/contract'

export const inbox = defineStream({ path: '/inbox/:owner', heartbeatMs: 100, events: { n: type<number>() } })
