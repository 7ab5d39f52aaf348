import { SseError } from '@sse/contract'
import { utf8Length } from '../engine-kit/utf8-length.ts'
import type { CheckedEngine } from './checked-engine.ts'
import type { Entry } from './engine.ts'

/** Entries, and bytes of their data, read from the engine at a time: what four of the largest default events need. */
export const PAGE_LIMIT = 1_000
export const PAGE_BYTES = 4_194_304
const FIRST_BLOCK = 256
const GROWTH = 4
const MAX_ATTEMPTS = 3

/** The newest entries of a log, up to its head. */
export interface NewestEntries {
  readonly epoch: string
  readonly head: number
  /** Position before the first of `entries`. */
  readonly after: number
  readonly entries: readonly Entry[]
}

export interface NewestLimits {
  readonly maxEvents: number
  readonly maxBytes: number
}

/**
 * Reads the newest entries that fit into the limits, and little more: an engine reads forwards only, so this reads
 * blocks of positions, from the head backwards, each as long as the entries seen so far suggest.
 *
 * @throws {SseError} errors of the engine.
 */
export async function readNewest(engine: CheckedEngine, limits: NewestLimits): Promise<NewestEntries> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const newest = await readOnce(engine, limits)
    if (newest) return newest
  }
  throw new SseError('engine_failed', 'The log was replaced again and again while it was read')
}

async function readOnce(
  engine: CheckedEngine,
  { maxEvents, maxBytes }: NewestLimits,
): Promise<NewestEntries | undefined> {
  const { epoch, oldest, head } = await engine.readState()
  const lowest = Math.max(oldest - 1, head - maxEvents)
  const blocks: (readonly Entry[])[] = []
  let after = head
  let bytes = 0
  let length = FIRST_BLOCK
  while (after > lowest && bytes < maxBytes) {
    const from = Math.max(lowest, after - length)
    const page = await engine.read(from, { limit: after - from, maxBytes: PAGE_BYTES })
    if (page.epoch !== epoch) return undefined
    if (page.reached < after && after - from > 1) {
      // Larger than a page: a shorter block, so that no read is wasted on entries that do not fit.
      length = Math.max(1, Math.floor((after - from) / GROWTH))
      continue
    }
    if (page.oldest > after) break // trimmed in the meantime
    const block = page.entries.filter(({ position }) => position <= after)
    blocks.unshift(block)
    let blockBytes = 1
    for (const { data } of block) blockBytes += typeof data === 'string' ? utf8Length(data) : 0
    bytes += blockBytes
    const blockLength = after - from
    after = Math.max(from, page.oldest - 1)
    if (after > from) break // trimmed in the meantime
    const fitting = Math.ceil((Math.min(maxBytes - bytes, PAGE_BYTES) * blockLength) / blockBytes)
    length = Math.max(1, Math.min(PAGE_LIMIT, length * GROWTH, fitting))
  }
  return { epoch, head, after, entries: blocks.flat() }
}
