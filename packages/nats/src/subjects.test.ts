import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromToken, toToken } from './subjects.ts'

/** As a hub lets them through: no half of a surrogate pair. */
const names = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }).filter((name) => name.length <= 256),
  fc.string({
    unit: fc.constantFrom('.', '*', '>', '~', '%', '$', ' ', 'a', 'é', '家'),
    minLength: 1,
    maxLength: 256,
  }),
)

describe('a name as a token of a subject', () => {
  it('decodes to the name it was made of', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(fromToken(toToken(name))).toBe(name)
      }),
    )
  })

  it('is one token, without a wildcard, of at most 1,025 characters', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(toToken(name)).toMatch(/^[\w%~!'()-]{1,1025}$/)
      }),
    )
  })

  it('is never equal to that of another name', () => {
    fc.assert(
      fc.property(names, names, (one, other) => (toToken(one) === toToken(other)) === (one === other)),
    )
  })

  it('is readable where that is possible', () => {
    expect(['owner-42', 'owner:42', 'a.b', '*', '>', '~'].map(toToken)).toEqual([
      'owner-42',
      'owner%3A42',
      'a%2Eb',
      '%2A',
      '%3E',
      '%7E',
    ])
  })
})
