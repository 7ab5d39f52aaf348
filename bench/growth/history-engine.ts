import { memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { makeText, makeTick } from '../fanout/tick.ts'

export const EVENT_ENGINES = ['memory', 'sqlite'] as const
export type EngineName = (typeof EVENT_ENGINES)[number]

export const PAYLOAD_BYTES = 120
const BATCH = 1_000

export function openEngine(name: string, file: string): Engine {
  return name === 'sqlite' ? sqlite(file) : memory({ maxBytes: Number.POSITIVE_INFINITY })
}

/** Appends events 0 to `events - 1`, each to one of the channels in turn. Returns the log's epoch. */
export async function fill(
  engine: Engine,
  events: number,
  channelOf: (index: number) => string,
): Promise<string> {
  const text = makeText(PAYLOAD_BYTES)
  let epoch = ''
  for (let first = 0; first < events; first += BATCH) {
    const length = Math.min(BATCH, events - first)
    const entries = Array.from({ length }, (_, offset) => {
      const index = first + offset
      const data = JSON.stringify(makeTick(index, text))
      return { channel: channelOf(index), event: 'tick', data, key: undefined, idempotencyKey: undefined }
    })
    ;({ epoch } = await engine.append(entries))
  }
  return epoch
}
