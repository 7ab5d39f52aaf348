import type { Tick } from './ticks.ts'

/** A frame as a hand writes it: no checks. */
export function frame(tick: Tick): string {
  return `event: tick\ndata: ${JSON.stringify(tick)}\n\n`
}
