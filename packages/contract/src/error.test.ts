import { expect, it, vi } from 'vitest'
import { isSseError, SseError } from './error.ts'

it('an SseError is an Error with a code, and its cause', () => {
  const cause = new Error('below')
  const error = new SseError('quota', 'Used up', { status: 429, cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'SseError', code: 'quota', message: 'Used up', status: 429, cause })
  expect(String(error)).toBe('SseError: Used up')
  expect('cause' in new SseError('quota', 'Used up')).toBe(false)
})

it('a client sees its code and message and nothing else', () => {
  const error = new SseError('quota', 'Used up', { status: 429, cause: new Error('secret') })
  expect(JSON.parse(JSON.stringify(error))).toEqual({ code: 'quota', message: 'Used up' })
})

it('is known across copies of the package', async () => {
  vi.resetModules()
  const copy = await import('./error.ts')
  const foreign = new copy.SseError('quota', 'Used up')
  expect(foreign).not.toBeInstanceOf(SseError)
  expect(isSseError(foreign)).toBe(true)
  expect(copy.isSseError(new SseError('quota', 'Used up'))).toBe(true)
})

it.each([
  undefined,
  null,
  'SseError',
  5,
  {},
  new Error('x'),
  { name: 'SseError', code: 'quota', message: 'x' },
])('%o is none', (value) => {
  expect(isSseError(value)).toBe(false)
})

it.each([0, 200, 399, 600, Number.NaN, 'busy'])('status %o is no error’s', (status) => {
  expect(() => new SseError('x', 'y', { status: status as number })).toThrow(`400 to 599, not ${status}`)
})
