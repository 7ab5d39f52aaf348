import { randomBytes } from 'node:crypto'
import type { Tick } from './tick.ts'

const epoch = randomBytes(6).toString('hex')
let position = 0

export const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' }

/** Ids of the hub's form, so that all rows send about the same bytes. */
export function nextId(): string {
  position += 1
  return `${epoch}-${position.toString(36)}`
}

/** A frame as a hand writes it: no checks. */
export function frame(tick: Tick): string {
  return `id: ${nextId()}\nevent: tick\ndata: ${JSON.stringify(tick)}\n\n`
}
