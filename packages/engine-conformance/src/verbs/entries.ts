import type { Engine, Entry, LogState, NewEntry, Page, Retention } from '@sse/server/engine-kit'
import { check } from '../broken-promise.ts'

const FOREVER = Number.POSITIVE_INFINITY

/** Keeps everything. */
export const KEEP_ALL: Retention = { maxEvents: FOREVER, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER }

export function makeEntry(data: unknown, more: Partial<NewEntry> = {}): NewEntry {
  return { channel: 'leads', event: 'lead', data: JSON.stringify(data), ...more }
}

/** Creates `count` entries with the payloads `from`, `from + 1` … */
export function makeEntries(count: number, more: Partial<NewEntry> = {}, from = 1): NewEntry[] {
  return Array.from({ length: count }, (_, index) => makeEntry(from + index, more))
}

export function payloads({ entries }: { readonly entries: readonly Entry[] }): unknown[] {
  return entries.map(({ data }) => JSON.parse(data))
}

export function positions({ entries }: { readonly entries: readonly Entry[] }): number[] {
  return entries.map(({ position }) => position)
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

/** Reads up to `limit` entries after a position, of any size. */
export function read(
  engine: Engine,
  after: number,
  limit: number,
  channels?: readonly string[],
): Promise<Page> {
  return engine.read(after, { limit, maxBytes: FOREVER, ...(channels && { channels }) })
}

/** Reads the state only. */
export function readState(engine: Engine): Promise<LogState> {
  return engine.read(0, { limit: 0, maxBytes: 0 })
}

/** What `readPages` reads at most in one page. */
export interface PageSize {
  readonly limit: number
  readonly maxBytes?: number
  readonly channels?: readonly string[]
}

/** Reads everything after a position as a hub does: page by page, until one has reached the head. */
export async function readPages(
  engine: Engine,
  after: number,
  { limit, maxBytes = FOREVER, channels }: PageSize,
): Promise<Entry[]> {
  const all: Entry[] = []
  for (let from = after; ; ) {
    const page = await engine.read(from, { limit, maxBytes, ...(channels && { channels }) })
    checkPage(page, from, limit, maxBytes)
    all.push(...page.entries)
    if (page.reached >= page.head) return all
    check(page.reached > from, 'a page that does not reach the head reaches further', `${from}`)
    from = page.reached
  }
}

function checkPage({ entries, reached }: Page, from: number, limit: number, maxBytes: number): void {
  check(entries.length <= limit, 'read returns no more than `limit` entries', `${entries.length}`)
  const first = entries[0]?.position ?? FOREVER
  check(first > from, 'read returns the entries after a position', `${first} after ${from}`)
  const last = entries.at(-1)?.position ?? from
  check(reached >= last, 'a page reaches its last entry', `${reached}, and ${last} is in it`)
  const bytes = entries.slice(0, -1).reduce((sum, { data }) => sum + utf8Length(data), 0)
  check(
    entries.length <= 1 || bytes < maxBytes,
    'a page contains nothing beyond the entry that reaches `maxBytes`',
    `${bytes} bytes before the last entry, and ${maxBytes} is the maximum`,
  )
}

/** Resolves with the commit of one subscriber as `[epoch, position]`; `undefined` without one. */
export async function commitOf(engine: Engine, subscriber: string): Promise<[string, number] | undefined> {
  const commits = await engine.committed([subscriber])
  const commit = commits.get(subscriber)
  return commit && [commit.epoch, commit.position]
}

export const utf8Length = (text: string): number => new TextEncoder().encode(text).byteLength

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
