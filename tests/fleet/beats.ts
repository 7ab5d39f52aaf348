import { defineStream, type } from '@sse/contract'

/** What goes through a fleet. */
export interface Beat {
  /** Which publication it is: each has a number of its own, over the whole run. */
  serial: number
  /** When its publication was begun, in milliseconds on the clock of the process that began it. */
  at: number
  /** So that events have different sizes. */
  bulk: string
}

export const beats = defineStream({
  /** Channels, separated by `+`. */
  path: '/beats/:channels',
  // Short, so that a process that hangs is noticed within a second.
  heartbeatMs: 400,
  events: { beat: type<Beat>() },
})
