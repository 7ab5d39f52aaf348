import fc from 'fast-check'
import { findViolations, good, readEverywhere, type Write } from './entry-scenario.ts'
import { CHANNEL } from './serials.ts'

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

/**
 * Mixes well-formed entries with anything: every well-formed one must arrive once and in order.
 *
 * @throws what fast-check reports: the seed and the entries.
 */
export async function checkAnyEntries(numRuns: number, isShrinking: boolean): Promise<void> {
  const plan = fc.array(fc.option(junk, { nil: 'good' as const }), { minLength: 1, maxLength: 12 })
  const property = fc.asyncProperty(plan, async (steps) => {
    let serial = 1
    const writes = steps.map((step): Write => {
      if (step === 'good') {
        serial += 1
        return good(serial)
      }
      const make = (position: number, at: number) =>
        'instead' in step ? step.instead : { position, at, channel: CHANNEL, event: 'x', data: '1', ...step }
      return { channel: CHANNEL, make }
    })
    const received = await readEverywhere(writes, serial)
    const expected = Array.from({ length: serial + 6 }, (_, index) => index + 1)
    const violations = findViolations(received, expected)
    if (violations.length > 0) throw new Error(violations.join('\n'))
  })
  await fc.assert(property, { numRuns, endOnFailure: !isShrinking })
}
