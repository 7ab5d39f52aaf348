import type { Page } from './overridden-engine.ts'

/** What `read` does once instead of returning `page`, which has entries. */
export type MalformedPage = readonly [name: string, make: (page: Page) => unknown]

const without = (name: keyof Page) => (page: Page) => ({ ...page, [name]: undefined })
const having = (name: keyof Page, value: unknown) => (page: Page) => ({ ...page, [name]: value })

/** The wrong values of a number that must be a position. */
const wrongPositions = (name: 'head' | 'oldest' | 'reached', what: string): readonly MalformedPage[] => [
  [`${what} that is missing`, without(name)],
  [`${what} that is null`, having(name, null)],
  [`${what} that is not a number`, having(name, Number.NaN)],
  [`${what} that is a string`, (page) => ({ ...page, [name]: String(page[name]) })],
  [`${what} that is a BigInt`, (page) => ({ ...page, [name]: BigInt(page[name]) })],
  [`${what} that is infinite`, having(name, Number.POSITIVE_INFINITY)],
  [`${what} below 0`, having(name, -1)],
  [`${what} with a fraction`, (page) => ({ ...page, [name]: page[name] + 0.5 })],
  [`${what} that no number can have exactly`, having(name, Number.MAX_SAFE_INTEGER + 1)],
  [`${what} that is an object`, having(name, {})],
]

/** The wrong values of each field. A field of a page without them does not compile. */
const wrongFields = {
  entries: [
    ['entries that are missing', without('entries')],
    ['entries that are null', having('entries', null)],
    ['entries that are an object', having('entries', { length: 1 })],
    ['entries that are a string', having('entries', 'entries')],
    ['entries that are an iterator', (page) => ({ ...page, entries: page.entries.values() })],
    ['every entry twice', (page) => ({ ...page, entries: page.entries.flatMap((entry) => [entry, entry]) })],
    ['entries in reverse order', (page) => ({ ...page, entries: page.entries.toReversed() })],
    ['a getter of entries that throws', (page) => Object.defineProperty({ ...page }, 'entries', throwing)],
  ],
  head: [
    ...wrongPositions('head', 'a head'),
    // Without entries it would be a log that has lost events: hubs report a gap, and deliver what follows it again.
    [
      'a head below its entries',
      (page) => (page.entries.length === 0 ? page : { ...page, head: page.head - 1 }),
    ],
    ['a head of 0, and no entries', (page) => ({ ...page, head: 0, oldest: 1, reached: 0, entries: [] })],
  ],
  oldest: wrongPositions('oldest', 'an oldest position'),
  reached: [
    ...wrongPositions('reached', 'a reached position'),
    ['a reached position below its entries', (page) => ({ ...page, reached: page.reached - 1 })],
    ['a reached position above the head', (page) => ({ ...page, reached: page.head + 100 })],
  ],
  epoch: [
    ['an epoch that is missing', without('epoch')],
    ['an epoch that is null', having('epoch', null)],
    ['an epoch that is empty', having('epoch', '')],
    ['an epoch with a line end', having('epoch', 'a\ndata: forged')],
    ['an epoch with a hyphen', having('epoch', 'a-1')],
    ['an epoch that is an object', having('epoch', {})],
    ['an epoch that is a number', having('epoch', 5)],
    ['an epoch of 1,000 characters', having('epoch', 'e'.repeat(1_000))],
  ],
} as const satisfies Record<keyof Page, readonly MalformedPage[]>

const insteadOfPages: readonly MalformedPage[] = [
  ['null', () => null],
  ['undefined', () => undefined],
  ['a number', () => 12],
  ['a list', ({ entries }) => entries],
  ['an empty object', () => ({})],
  ['a rejection without an error', () => Promise.reject(undefined)],
  ['a rejection with a string', () => Promise.reject('engine')],
  ['a rejection with a frozen object', () => Promise.reject(Object.freeze({ code: 5 }))],
  [
    'an exception',
    () => {
      throw new Error('read')
    },
  ],
]

export const malformedPages: readonly MalformedPage[] = [
  ...Object.values(wrongFields).flat(),
  ...insteadOfPages,
]

const throwing = {
  get(): never {
    throw new Error('no entries')
  },
}
