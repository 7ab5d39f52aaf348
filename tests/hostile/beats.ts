import { defineStream, type } from '@sse/contract'

/** The stream under attack. Every client follows the channel `everyone` and the channel of its owner. */
export const beats = defineStream({
  path: '/beats/:owner',
  heartbeatMs: 500,
  events: { beat: type<Beat>(), bulk: type<string>() },
})

export interface Beat {
  /** 1, 2, 3 … without holes. */
  serial: number
  /** When the event was due, by `clock()`. */
  at: number
  bulk: string
}

/** Milliseconds of a clock that all processes of a machine share. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6
