import { defineStream, type } from '@sse/contract'

export const counter = defineStream({ path: '/counter', events: { n: type<number>() }, heartbeatMs: 1_000 })
