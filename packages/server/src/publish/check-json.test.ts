import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findJsonProblem } from './check-json.ts'

describe('findJsonProblem', () => {
  it('finds nothing in what JSON.stringify writes, however it is indented', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        // A double such as 1e20 is written as a whole number.
        const text = JSON.stringify(
          value,
          (_, given) => (Number.isInteger(given) && !Number.isSafeInteger(given) ? 1.5 : given),
          indent,
        )
        expect(findJsonProblem(text)).toBeUndefined()
      }),
    )
  })

  it('finds a key that occurs twice, however it is written and at any depth', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(60), (key, depth) => {
        const name = JSON.stringify(key)
        const escaped = `"${Array.from({ length: key.length }, (_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
        const twice = `{${name}: 1, "other": {${name}:"{\\"" }, ${escaped} :2}`
        if (key === 'other') return
        expect(findJsonProblem('['.repeat(depth) + twice + ']'.repeat(depth))).toContain('occurs twice')
      }),
    )
  })

  it('takes the same key in different objects, and as a value', () => {
    expect(findJsonProblem('[{"a":"a"},{"a":{"a":["a","a"]}}]')).toBeUndefined()
  })

  it('takes 64 levels and no more', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(findJsonProblem(nested(64))).toBeUndefined()
    expect(findJsonProblem(nested(65))).toContain('64 levels')
    expect(findJsonProblem(nested(2_000_000))).toContain('64 levels')
  })

  it.each([
    ['9007199254740991', true],
    ['-9007199254740991', true],
    ['9007199254740992', false],
    ['9007199254740993', false],
    ['[1,12345678901234567890]', false],
    ['12345678901234567890.5', true],
    ['1e20', true],
    ['1e999', false],
    ['{"a":-1e999}', false],
    ['"12345678901234567890"', true],
    ['0.1', true],
    ['-0', true],
  ])('takes the number in %s: %s', (text, isTaken) => {
    expect(findJsonProblem(text) === undefined).toBe(isTaken)
  })
})
