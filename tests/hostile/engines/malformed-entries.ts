import { type Entry, HOLE } from './overridden-engine.ts'
import { CHANNEL } from './serials.ts'

/** Serial of the malformed entry, where it has one. */
export const MALFORMED = 100

/**
 * What becomes of an entry: `skipped` and reported once; `delivered`, because it can be framed, and not reported;
 * `either` is allowed.
 */
export type Outcome = 'skipped' | 'delivered' | 'either'

interface WellFormed {
  readonly position: number
}

/** Fields that replace those of a well-formed entry, or something else in place of the entry. */
export type MalformedEntry =
  | readonly [name: string, outcome: Outcome, fields: object]
  | readonly [name: string, outcome: Outcome, fields: undefined, make: (entry: WellFormed) => unknown]

const payload = { serial: MALFORMED }
const HALF = '\ud800'

/** The wrong values of each field. A field of an entry without them does not compile. */
const wrongFields = {
  event: [
    ['an empty event name', 'skipped', { event: '' }],
    ['an event name with LF', 'skipped', { event: 'n\ndata: forged' }],
    ['an event name with CR', 'skipped', { event: 'n\rdata: forged' }],
    ['an event name with CR LF that begins an event', 'skipped', { event: 'x\r\n\r\nevent: n' }],
    ['an event name with NUL', 'skipped', { event: 'n\0' }],
    ['an event name with half a surrogate pair', 'skipped', { event: `n${HALF}` }],
    ['an event name of the library', 'skipped', { event: 'sse.end' }],
    ['an event name that is null', 'skipped', { event: null }],
    ['an event name that is missing', 'skipped', { event: undefined }],
    ['an event name that is a number', 'skipped', { event: 5 }],
    ['an event name that is true', 'skipped', { event: true }],
    ['an event name that is a list', 'skipped', { event: ['n'] }],
    ['an event name with a colon and a space', 'either', { event: ': n' }],
    ['an event name of the prototype', 'either', { event: '__proto__' }],
    ['an event name that is an object', 'skipped', { event: { toString: () => 'n' } }],
    ['an event name of 100,000 characters', 'either', { event: 'n'.repeat(100_000) }],
    ['an event that the contract does not have', 'either', { event: 'other' }],
  ],
  data: [
    ['pretty-printed JSON', 'delivered', { data: JSON.stringify(payload, null, 2) }],
    ['JSON with CR LF between its tokens', 'delivered', { data: `{\r\n"serial":\r\n${MALFORMED}}` }],
    ['JSON with CR between its tokens', 'delivered', { data: `{\r"serial":\r${MALFORMED}}` }],
    ['JSON with a line separator', 'delivered', { data: `{"text":"\u2028","serial":${MALFORMED}}` }],
    ['JSON with a line end behind it', 'delivered', { data: `${JSON.stringify(payload)}\n` }],
    [
      'data that ends the event and forges another',
      'either',
      { data: '{}\n\nevent: n\ndata: {"serial":100}' },
    ],
    ['data that is no JSON', 'either', { data: 'no JSON' }],
    ['data that is cut off', 'either', { data: '{"serial":' }],
    ['data with half a surrogate pair', 'either', { data: `{"text":"${HALF}"}` }],
    ['empty data', 'either', { data: '' }],
    ['data of more than a megabyte', 'either', { data: JSON.stringify('x'.repeat(1_100_000)) }],
    ['data that is null', 'skipped', { data: null }],
    ['data that is missing', 'skipped', { data: undefined }],
    ['data that is a number', 'skipped', { data: 5 }],
    ['data that is an object', 'skipped', { data: payload }],
    ['data that is true', 'skipped', { data: true }],
    ['data that is a list', 'skipped', { data: ['{}'] }],
    ['data with NUL', 'either', { data: '"\0"' }],
    ['data that is bytes', 'skipped', { data: new TextEncoder().encode('{}') }],
  ],
  // The store finds the entry by the channel of the test all the same.
  channel: [
    ['a channel of 9,000 characters', 'either', { channel: 'c'.repeat(9_000) }],
    ['an empty channel', 'either', { channel: '' }],
    ['a channel with a line end', 'either', { channel: 'every\none' }],
    ['a channel that is null', 'skipped', { channel: null }],
    ['a channel that is missing', 'skipped', { channel: undefined }],
    ['a channel that is a number', 'skipped', { channel: 5 }],
    ['a channel with half a surrogate pair', 'either', { channel: HALF }],
    ['a channel that is an object', 'skipped', { channel: {} }],
    ['a reserved channel that does not exist', 'skipped', { channel: 'sse.other' }],
    ['a revocation without an identity', 'skipped', { channel: 'sse.revoked', data: '{"identity":5}' }],
    ['a revocation that is no JSON', 'skipped', { channel: 'sse.revoked', data: 'ada' }],
    ['a revocation that is null', 'skipped', { channel: 'sse.revoked', data: 'null' }],
    [
      'a revocation of a client that is not there',
      'either',
      { channel: 'sse.revoked', data: '{"identity":"b"}' },
    ],
    ['a channel named as a property of every object', 'either', { channel: '__proto__' }],
  ],
  key: [
    ['a key that is null', 'either', { key: null }],
    ['a key that is a number', 'either', { key: 5 }],
    ['a key that is an object with itself inside', 'either', { key: makeCycle() }],
    ['an empty key', 'either', { key: '' }],
    ['a key with a line end', 'either', { key: 'a\nb' }],
    ['a key that is a function', 'either', { key: () => 'k' }],
    ['a key of a megabyte', 'either', { key: 'k'.repeat(1_048_576) }],
  ],
  traceparent: [
    ['a trace context that is null', 'delivered', { traceparent: null }],
    ['a trace context that is a number', 'delivered', { traceparent: 5 }],
    ['a trace context that is an object', 'delivered', { traceparent: {} }],
    ['a trace context that is empty', 'delivered', { traceparent: '' }],
    ['a trace context with a line end', 'delivered', { traceparent: '00\ndata: forged' }],
    ['a trace context of a megabyte', 'delivered', { traceparent: '0'.repeat(1_048_576) }],
  ],
  at: [
    ['a time that is missing', 'either', { at: undefined }],
    ['a time that is a string', 'either', { at: 'yesterday' }],
    ['a time that is not a number', 'either', { at: Number.NaN }],
    ['a time before 1970', 'either', { at: -1 }],
    ['a time in the year 10,000', 'either', { at: 253_402_300_800_000 }],
    ['a time that is null', 'either', { at: null }],
    ['a time that is infinite', 'either', { at: Number.POSITIVE_INFINITY }],
    ['a time that is a BigInt', 'either', { at: 1n }],
    ['a time that is an object', 'either', { at: {} }],
    ['a time that is a Date', 'either', { at: new Date() }],
  ],
  position: [
    ['a position that is missing', 'skipped', { position: undefined }],
    ['a position that is null', 'skipped', { position: null }],
    ['a position that is not a number', 'skipped', { position: Number.NaN }],
    [
      'a position that is a string',
      'either',
      undefined,
      (entry) => ({ ...entry, position: String(entry.position) }),
    ],
    [
      'a position that is a BigInt',
      'either',
      undefined,
      (entry) => ({ ...entry, position: BigInt(entry.position) }),
    ],
    ['a position of 0', 'skipped', { position: 0 }],
    ['a position below 0', 'skipped', { position: -1 }],
    ['a position with a fraction', 'skipped', { position: 2.5 }],
    ['a position that is used already', 'skipped', { position: 1 }],
    ['a position far ahead', 'skipped', { position: 1_000_000 }],
    ['a position that no number can have exactly', 'skipped', { position: Number.MAX_SAFE_INTEGER + 1 }],
    ['a position that is negative zero', 'skipped', { position: -0 }],
    ['a position that is an object', 'skipped', { position: {} }],
    ['a position that is true', 'skipped', { position: true }],
    ['a position that is infinite', 'skipped', { position: Number.POSITIVE_INFINITY }],
  ],
} as const satisfies Record<keyof Entry, readonly MalformedEntry[]>

const insteadOfEntries: readonly MalformedEntry[] = [
  ['a well-formed entry', 'delivered', {}],
  ['null instead of an entry', 'skipped', undefined, () => null],
  ['undefined instead of an entry', 'skipped', undefined, () => undefined],
  ['a string instead of an entry', 'skipped', undefined, () => 'entry'],
  ['a list instead of an entry', 'skipped', undefined, (entry) => [entry]],
  ['an entry whose getter throws', 'skipped', undefined, (entry) => makeThrowing(entry)],
  [
    'an entry without a prototype',
    'delivered',
    undefined,
    (entry) => Object.assign(Object.create(null), entry),
  ],
  [
    'an entry that is frozen and has additional fields',
    'delivered',
    undefined,
    (entry) => Object.freeze({ ...entry, extra: 1 }),
  ],
  ['a hole', 'either', undefined, () => HOLE],
]

/** Malformed entries by what is wrong with them. */
export const malformedKinds: Readonly<Record<keyof Entry | 'entry itself', readonly MalformedEntry[]>> = {
  ...wrongFields,
  'entry itself': insteadOfEntries,
}

export const malformedEntries: readonly MalformedEntry[] = Object.values(malformedKinds).flat()

/** The well-formed entry that a malformed one is made from. */
export function makeMalformed([, , fields, make]: MalformedEntry, position: number, at: number): unknown {
  const entry = { position, at, channel: CHANNEL, event: 'n', data: JSON.stringify(payload) }
  return make ? make(entry) : { ...entry, ...fields }
}

function makeCycle(): object {
  const cycle: { self?: object } = {}
  cycle.self = cycle
  return cycle
}

function makeThrowing(entry: object): object {
  return Object.defineProperty({ ...entry }, 'event', {
    get() {
      throw new Error('no event')
    },
  })
}
