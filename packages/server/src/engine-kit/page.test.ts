import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../log/engine.ts'
import { makePage } from './page.ts'
import { countUtf8, utf8Length } from './utf8-length.ts'

const entry = (position: number, data = '1'): Entry => ({ position, at: 0, channel: 'c', event: 'e', data })
const STATE = { epoch: 'e1', head: 10, oldest: 1 }
const ALL = { limit: 100, maxBytes: 1_000 }

describe('makePage', () => {
  it('reaches the head when the store has found no more than the page contains', () => {
    expect(makePage(STATE, 3, [entry(4), entry(7)], ALL)).toMatchObject({ reached: 10 })
    expect(makePage(STATE, 3, [], ALL)).toMatchObject({ reached: 10, entries: [] })
  })

  it('reaches its last entry when it is cut', () => {
    const found = [entry(4), entry(5), entry(6)]
    expect(makePage(STATE, 3, found, { limit: 2, maxBytes: 1_000 })).toMatchObject({ reached: 5 })
    expect(makePage(STATE, 3, found, { limit: 3, maxBytes: 1_000 })).toMatchObject({ reached: 6 })
    expect(makePage(STATE, 3, found, { limit: 100, maxBytes: 2 })).toMatchObject({ reached: 5 })
  })

  it('ends with the entry that reaches the maximum of bytes, and has one entry at least', () => {
    const found = [entry(1, 'é'.repeat(50)), entry(2), entry(3)]
    const count = (maxBytes: number) => makePage(STATE, 0, found, { limit: 100, maxBytes }).entries.length
    expect([0, 1, 100, 101, 102].map(count)).toEqual([1, 1, 1, 2, 3])
  })

  it('reaches the requested position when only the state is read', () => {
    expect(makePage(STATE, 3, [], { limit: 0, maxBytes: 0 })).toMatchObject({ reached: 3, entries: [] })
    expect(makePage(STATE, 30, [], { limit: 0, maxBytes: 0 })).toMatchObject({ reached: 30 })
  })
})

it.each([
  ['utf8Length', utf8Length],
  ['countUtf8', countUtf8],
])('%s counts what an encoder writes, for any text', (_, count) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  )
  fc.assert(fc.property(text, (any) => count(any) === new TextEncoder().encode(any).byteLength))
})
