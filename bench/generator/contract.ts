import { defineStream, type } from '@sse/contract'
import type { Tick } from './ticks.ts'

/** What our own rows stream. */
export const contract = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })
