import { defineStream, type } from '@sse/contract'
import type { Tick } from '../fanout/tick.ts'

export const ticks = defineStream({
  path: '/ticks',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { tick: type<Tick>() },
})
