import { SseError } from '@sse/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromPlainError, parseTabMessage, type TabMessage, toPlainError } from './tab-messages.ts'

const status = {
  state: 'waiting',
  retryMs: Infinity,
  retryAt: 5,
  error: { code: 'dropped', message: 'Lost' },
} as const
const entry = { at: [7.5, 1], id: 'a', setsId: true, event: 'n', data: '1' } as const
const VALID: TabMessage[] = [
  { type: 'hello', from: 'x', at: undefined, after: '', isExact: true },
  { type: 'hello', from: 'x', at: [7.5, 1], after: 'a', isExact: false },
  { type: 'welcome', to: 'x', at: [7.5, 1], id: 'a', entries: [entry], status },
  { type: 'welcome', to: 'x', at: [7.5, 1], id: undefined, entries: undefined, status },
  { type: 'lead', at: [7.5, 0], id: 'a', follows: [6, 3], status },
  { type: 'entries', entries: [entry, { at: [7.5, 2], id: 'b', setsId: true }] },
  { type: 'status', term: 7.5, status: { state: 'open', retryMs: 0 } },
  { type: 'pulse', term: 7.5, isHeartbeat: true },
  { type: 'end', term: 7.5, reason: 'ended' },
  {
    type: 'end',
    term: 7.5,
    reason: { code: 'http_status', message: '', status: 403, cause: { code: 'quota', message: 'Used up' } },
  },
  { type: 'listen', names: ['n'] },
  { type: 'mark', from: 'x' },
  { type: 'ping' },
  { type: 'pong', term: 7.5 },
]

describe('parseTabMessage', () => {
  it.each(VALID)('accepts a valid $type message', (message) => {
    expect(parseTabMessage(structuredClone(message))).toEqual(message)
  })

  it('ignores anything else, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true }), (data) => {
        expect(parseTabMessage(data)).toBe(undefined)
      }),
      { numRuns: 2_000 },
    )
  })

  it('ignores a message with one field replaced by something of another shape', () => {
    const replaced = fc.constantFrom(
      null,
      -1,
      Number.NaN,
      {},
      [[]],
      [null],
      ['a', 1],
      [1, 2, 3],
      true,
      Infinity,
    )
    fc.assert(
      fc.property(fc.constantFrom(...VALID), fc.nat(), replaced, (message, which, value) => {
        const names = Object.keys(message).filter((name) => name !== 'isHeartbeat' && name !== 'isExact')
        const name = names[which % names.length] ?? 'type'
        const isStillValid = name === 'names' && Array.isArray(value) && value.length === 0
        if (!isStillValid) expect(parseTabMessage({ ...message, [name]: value })).toBe(undefined)
      }),
      { numRuns: 2_000 },
    )
  })

  it('ignores an error that contains itself as its cause, without following it for ever', () => {
    const reason: Record<string, unknown> = { code: 'a', message: 'b' }
    reason.cause = reason
    const parsed = parseTabMessage({ type: 'end', term: 1, reason })
    expect(parsed).toBeDefined()
    expect(
      parsed?.type === 'end' && typeof parsed.reason !== 'string' && fromPlainError(parsed.reason),
    ).toMatchObject({
      code: 'a',
      cause: { code: 'a' },
    })
  })
})

it('an error arrives with its code, status, delay and cause', () => {
  const cause = new SseError('quota', 'Used up', { status: 429 })
  const error = new SseError('http_status', 'Refused', { status: 403, retryAfterMs: 5, cause })
  const arrived = fromPlainError(structuredClone(toPlainError(error)))
  expect(arrived).toBeInstanceOf(SseError)
  expect(arrived).toMatchObject({ code: 'http_status', message: 'Refused', status: 403, retryAfterMs: 5 })
  expect(arrived.cause).toMatchObject({ code: 'quota', message: 'Used up', status: 429 })
})
