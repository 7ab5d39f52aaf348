import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findViolations, good, readEverywhere, type Write } from './engines/entry-scenario.ts'
import {
  MALFORMED,
  type MalformedEntry,
  makeMalformed,
  malformedEntries,
} from './engines/malformed-entries.ts'
import { CHANNEL } from './engines/serials.ts'
import { collectUnhandled } from './engines/unhandled.ts'
import { SCALE, scaled } from './scale.ts'

const unhandled = collectUnhandled()
const TIMEOUT_MS = 30_000

function write(malformed: MalformedEntry): Write {
  return { channel: CHANNEL, make: (position, at) => makeMalformed(malformed, position, at) }
}

const VERDICT = {
  skipped: 'the entry is skipped and reported once',
  delivered: 'the entry is delivered',
  either: 'the entry stops nothing',
} as const

describe('an engine that returns', () => {
  it.for(malformedEntries.map((entry) => [entry[0], VERDICT[entry[1]], entry] as const))(
    '%s: %s, and every other event arrives live, from behind the ring and after a restart',
    { timeout: TIMEOUT_MS },
    async ([, , entry]) => {
      const [, outcome] = entry
      const received = await readEverywhere([good(2), write(entry), good(3)], 3)
      const before = outcome === 'delivered' ? [1, 2, MALFORMED] : [1, 2]
      const expected = [...before, 3, 4, 5, 6, 7, 8, 9]
      const violations = findViolations(received, expected, outcome === 'either' ? MALFORMED : undefined)
      for (const [hub, errors] of Object.entries({
        'the hub that followed the log': received.errors,
        'the hub after the restart': received.errorsAfterRestart,
      })) {
        const [least, most] = { skipped: [1, 1], delivered: [0, 0], either: [0, 1] }[outcome] as [
          number,
          number,
        ]
        if (errors.length >= least && errors.length <= most) continue
        violations.push(
          `${hub} reported ${errors.length} errors; expected ${least} to ${most}: ${errors[0] ?? ''}`,
        )
      }
      expect([...violations, ...unhandled]).toEqual([])
    },
  )

  it(
    'several malformed entries: each is reported once, and those between them arrive',
    async () => {
      const broken = malformedEntries.filter(([, outcome]) => outcome === 'skipped')
      const writes = broken.flatMap((entry, index) => [write(entry), good(index + 2)])
      const last = broken.length + 1
      const received = await readEverywhere(writes, last)
      const expected = Array.from({ length: last + 6 }, (_, index) => index + 1)
      const violations = findViolations(received, expected)
      if (received.errors.length !== broken.length) {
        violations.push(
          `${received.errors.length} errors were reported for ${broken.length} malformed entries`,
        )
      }
      expect([...violations, ...unhandled]).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'only malformed entries, more than are read at a time: what follows them arrives',
    async () => {
      const empty = malformedEntries.find(([name]) => name === 'an empty event name') as MalformedEntry
      const writes = Array.from({ length: 1_100 }, () => write(empty))
      const received = await readEverywhere([...writes, good(2)], 2)
      expect([...findViolations(received, [1, 2, 3, 4, 5, 6, 7, 8]), ...unhandled]).toEqual([])
    },
    TIMEOUT_MS,
  )
})

const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 2 })
const text = fc.oneof(
  fc.constantFrom('', 'n', '\n', '\r', '\r\n\r\n', '\0', '\ud800', 'sse.end', CHANNEL, '{"serial":"2"}'),
  fc.string({ unit: 'binary' }),
)
/** A position that could be another entry's own leaves open which of the two is meant. */
const isNoPosition = (value: unknown): boolean => {
  if (typeof value === 'object' || typeof value === 'symbol' || typeof value === 'function') return true
  return !(Number(value) >= 1 && Number(value) < 10_000)
}
const field = fc.oneof(anything, text, fc.integer(), fc.double())
const position = field.filter(isNoPosition)
/** Entries with anything in every field, and anything in place of entries. */
const junk = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ event: field, data: field, key: field, at: field }, { requiredKeys: [] }),
  },
  { weight: 2, arbitrary: fc.record({ position, channel: field, event: text }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: anything.map((value) => ({ instead: value })) },
)

describe('an engine that returns anything', () => {
  it('loses no well-formed event, doubles none, and keeps their order', { timeout: 240_000 }, async () => {
    const plan = fc.array(fc.option(junk, { nil: 'good' as const }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        unhandled.length = 0
        let serial = 1
        const writes = steps.map((step): Write => {
          if (step === 'good') {
            serial += 1
            return good(serial)
          }
          const make = (position: number, at: number) =>
            'instead' in step
              ? step.instead
              : { position, at, channel: CHANNEL, event: 'x', data: '1', ...step }
          return { channel: CHANNEL, make }
        })
        const received = await readEverywhere(writes, serial)
        const expected = Array.from({ length: serial + 6 }, (_, index) => index + 1)
        expect([...findViolations(received, expected), ...unhandled]).toEqual([])
      }),
      // A counterexample costs seconds of waiting for what does not come: it is shrunk in long runs only.
      { numRuns: scaled(40), endOnFailure: SCALE <= 1 },
    )
  })
})
