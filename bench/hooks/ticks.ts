import { defineStream, type } from '@sse/contract'

export interface Tick {
  n: number
  symbol: string
  text: string
}

export const ticks = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })
