import type { PresenceStore } from '@sse/server/engine-kit'
import { malformedPages } from './malformed-pages.ts'
import type { Commit, Engine, Page, Verb } from './overridden-engine.ts'

/** What a verb does with its arguments: `right` is what the engine would have done and answered. */
export type WrongAnswer = readonly [
  name: string,
  answer: (right: () => unknown, args: readonly unknown[]) => unknown,
]

/** A verb that has not answered cannot be followed by another, where a hub makes one call at a time. */
export const HANGS = 'never settles'

const fail = (error: unknown) => () => {
  throw error
}
const reject = (error: unknown) => () => Promise.reject(error)

/** Every way not to answer. */
const failures: readonly WrongAnswer[] = [
  ['throws', fail(new Error('engine'))],
  ['throws what is no error', fail(undefined)],
  ['rejects', reject(new Error('engine'))],
  ['rejects without an error', reject(undefined)],
  ['rejects with a string', reject('engine')],
  [
    'rejects with an object whose getters throw',
    reject(Object.defineProperty({}, 'code', { get: fail('code') })),
  ],
  ['does its work and rejects', async (right) => Promise.reject(await right())],
  [HANGS, () => new Promise(() => {})],
]

/** Every kind of value that is not the answer. */
const junk: readonly WrongAnswer[] = [
  ['answers undefined', async () => undefined],
  ['answers null', async () => null],
  ['answers a number', async () => 12],
  ['answers text', async () => 'text'],
  ['answers an empty object', async () => ({})],
  ['answers an empty list', async () => []],
  ['answers without a promise', () => 12],
  [
    'answers with a promise of another kind',
    // biome-ignore lint/suspicious/noThenProperty: that is what it is
    () => ({ then: (settle: (value: unknown) => void) => settle(12) }),
  ],
]

interface Appended {
  readonly epoch: string
  readonly positions: readonly number[]
}

/** An append that stores its entries, and lies about it. */
const appended = (name: string, lie: (right: Appended) => unknown): WrongAnswer => [
  name,
  async (right) => lie((await right()) as Appended),
]
const positions = (name: string, change: (positions: readonly number[]) => unknown): WrongAnswer =>
  appended(`stores and answers ${name}`, (right) => ({ ...right, positions: change(right.positions) }))

const page = (name: string, lie: (page: Page) => unknown): WrongAnswer => [
  `answers ${name}`,
  async (right) => lie((await right()) as Page),
]

/** A page from which no reader gets any further. */
const stuck = (name: string, head: (right: Page) => number): WrongAnswer => [
  name,
  async (right, [after]) => {
    const page = (await right()) as Page
    const reached = Math.min(Number(after), page.head)
    return { ...page, entries: [], reached, head: head(page) }
  },
]

/** Commits of a subscriber that no hub can have stored. */
const commits = (name: string, commit: (right: Commit) => unknown): WrongAnswer => [
  `answers a commit with ${name}`,
  async () => new Map([['durable', commit({ epoch: 'epoch', position: 1 })]]),
]

/** The wrong answers of each verb of an engine. A verb without them does not compile. */
export const wrongAnswers = {
  append: [
    ...failures,
    ...junk,
    positions('no positions', () => undefined),
    positions('positions that are null', () => null),
    positions('too few positions', () => []),
    positions('too many positions', (right) => [...right, 1, 2, 3]),
    positions('positions in an object', (right) => ({ ...right })),
    positions('positions of text', (right) => right.map(String)),
    positions('positions of BigInt', (right) => right.map(BigInt)),
    positions('positions that are not numbers', (right) => right.map(() => Number.NaN)),
    positions('positions that are missing', (right) => right.map(() => undefined)),
    positions('positions with a fraction', (right) => right.map((position) => position + 0.5)),
    positions('positions below 0', (right) => right.map((position) => -position)),
    positions('positions of 0', (right) => right.map(() => 0)),
    positions('positions that are infinite', (right) => right.map(() => Number.POSITIVE_INFINITY)),
    positions('positions far ahead', (right) => right.map((position) => position + 1_000)),
    positions('positions of other entries', (right) => right.map(() => 1)),
    appended('stores and answers no epoch', ({ positions }) => ({ positions })),
    appended('stores and answers an empty epoch', (right) => ({ ...right, epoch: '' })),
    appended('stores and answers an epoch with a line end', (right) => ({ ...right, epoch: 'a\nb' })),
    appended('stores and answers the epoch of another log', (right) => ({ ...right, epoch: 'other' })),
    appended('stores and answers an epoch that is an object', (right) => ({ ...right, epoch: {} })),
    ['answers the next position and stores nothing', async () => ({ epoch: 'other', positions: [2] })],
  ],
  read: [
    ...failures,
    ...junk,
    ...malformedPages.map(([name, make]) => page(name, make)),
    stuck('answers no entries, and that there are more', (right) => right.head),
    stuck('answers no entries, and an ever higher head', (right) => right.head + 1_000),
  ],
  onWake: [
    ...failures,
    ...junk,
    ['answers a function that throws', () => fail(new Error('stop'))],
    ['answers a function that rejects', () => reject(new Error('stop'))],
  ],
  trim: [...failures, ...junk],
  commit: [...failures, ...junk],
  committed: [
    ...failures,
    ...junk,
    ['answers a list of pairs', async () => [['durable', { epoch: 'epoch', position: 1 }]]],
    ['answers a map of other subscribers', async () => new Map([['other', { epoch: 'epoch', position: 1 }]])],
    ['answers a map whose get throws', async () => Object.assign(new Map(), { get: fail(new Error('get')) })],
    commits('no epoch', ({ position }) => ({ position })),
    commits('an epoch that is an object', (right) => ({ ...right, epoch: {} })),
    commits('an epoch with a line end', (right) => ({ ...right, epoch: 'a\nb' })),
    commits('no position', ({ epoch }) => ({ epoch })),
    commits('a position that is text', (right) => ({ ...right, position: '1' })),
    commits('a position that is not a number', (right) => ({ ...right, position: Number.NaN })),
    commits('a position below 0', (right) => ({ ...right, position: -5 })),
    commits('a position with a fraction', (right) => ({ ...right, position: 1.5 })),
    commits('a position far ahead', (right) => ({ ...right, position: 1_000_000 })),
    commits('a position that is infinite', (right) => ({ ...right, position: Number.POSITIVE_INFINITY })),
    commits('null in its place', () => null),
    commits('a number in its place', () => 5),
  ],
  forget: [...failures, ...junk],
  insert: [...failures, ...junk],
  close: [...failures, ...junk],
} as const satisfies Record<Verb, readonly WrongAnswer[]>

/** The same for a store of presence. */
export const wrongPresence = {
  enter: [...failures, ...junk],
  leave: [...failures, ...junk],
  touch: [...failures, ...junk, ['has always expired', async () => false]],
  present: [
    ...failures,
    ...junk,
    ['answers identities that are no text', async () => [5, null, undefined, {}, ['ada']]],
    ['answers the same identity many times', async () => Array(1_000).fill('ada')],
    ['answers identities with line ends', async () => ['a\ndata: forged', '']],
    ['answers an endless list', async () => endless()],
  ],
} as const satisfies Record<keyof PresenceStore, readonly WrongAnswer[]>

/** Wrong values of what is no function. A new one does not compile without them. */
export const wrongValues = {
  maxDataBytes: [Number.NaN, -1, 0, 0.5, Number.POSITIVE_INFINITY, '5', null, {}, 5n],
  presence: [null, 12, {}, 'store', () => {}],
  rejectsOnlyUnstored: ['true', 1, null, {}],
  hasReliableWakes: ['true', 1, null, {}],
} as const satisfies Record<Exclude<keyof Engine, Verb>, readonly unknown[]>

function* endless(): Generator<string> {
  for (let index = 0; index < 100_000; index += 1) yield `identity-${index}`
}
