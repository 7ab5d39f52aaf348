import type { Engine, Entry, NewEntry, Page } from '@sse/server/engine-kit'
import { check } from '../broken-promise.ts'

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

/** Reads everything after a position as a hub does: page by page, until one is not full. */
export async function readPages(
  engine: Engine,
  after: number,
  limit: number,
  channels?: readonly string[],
): Promise<Entry[]> {
  const all: Entry[] = []
  let page: Page
  do {
    const from = all.at(-1)?.position ?? after
    page = await engine.read(from, limit, channels)
    check(page.entries.length <= limit, 'read returns no more than `limit` entries', `${page.entries.length}`)
    const first = page.entries[0]?.position ?? Number.POSITIVE_INFINITY
    check(first > from, 'read returns the entries after a position', `${first} after ${from}`)
    all.push(...page.entries)
  } while (page.entries.length === limit)
  return all
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
