import type { Page } from './overridden-engine.ts'

/** What `read` does once instead of returning `page`, which has entries. */
export type MalformedPage = readonly [name: string, make: (page: Page) => unknown]

export const malformedPages: readonly MalformedPage[] = [
  ['null', () => null],
  ['undefined', () => undefined],
  ['a number', () => 12],
  ['an empty object', () => ({})],
  ['entries that are missing', ({ entries: _, ...page }) => page],
  ['entries that are null', (page) => ({ ...page, entries: null })],
  ['entries that are an object', (page) => ({ ...page, entries: { length: 1 } })],
  ['entries that are a string', (page) => ({ ...page, entries: 'entries' })],
  ['every entry twice', (page) => ({ ...page, entries: page.entries.flatMap((entry) => [entry, entry]) })],
  ['entries in reverse order', (page) => ({ ...page, entries: page.entries.toReversed() })],
  ['a head that is missing', ({ head: _, ...page }) => page],
  ['a head that is not a number', (page) => ({ ...page, head: Number.NaN })],
  ['a head that is a string', (page) => ({ ...page, head: String(page.head) })],
  ['a head that is infinite', (page) => ({ ...page, head: Number.POSITIVE_INFINITY })],
  ['an oldest position that is missing', ({ oldest: _, ...page }) => page],
  ['an oldest position that is not a number', (page) => ({ ...page, oldest: Number.NaN })],
  ['an epoch that is missing', ({ epoch: _, ...page }) => page],
  ['an epoch that is empty', (page) => ({ ...page, epoch: '' })],
  ['an epoch with a line end', (page) => ({ ...page, epoch: 'a\ndata: forged' })],
  ['an epoch that is an object', (page) => ({ ...page, epoch: {} })],
  ['an epoch of 1,000 characters', (page) => ({ ...page, epoch: 'e'.repeat(1_000) })],
  ['a rejection without an error', () => Promise.reject(undefined)],
  [
    'an exception',
    () => {
      throw new Error('read')
    },
  ],
]
