import { defineStream, type } from '@sse/contract'

export const ticks = defineStream({ path: '/ticks', events: { tick: type<number>() } })
