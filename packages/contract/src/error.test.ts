import { expect, it, vi } from 'vitest'
import { isSseError, SseError } from './error.ts'
import { SSE_ERRORS } from './error-codes.ts'

it('an SseError is an Error with a code, a message and its cause', () => {
  const cause = new Error('below')
  const error = new SseError('quota', 'Used up', { status: 429, cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'SseError', code: 'quota', message: 'Used up', status: 429, cause })
  expect(String(error)).toBe('SseError: Used up')
  expect('cause' in new SseError('quota', 'Used up')).toBe(false)
})

it('JSON of an SseError contains its code and message and nothing else', () => {
  const error = new SseError('quota', 'Used up', { status: 429, cause: new Error('secret') })
  expect(JSON.parse(JSON.stringify(error))).toEqual({ code: 'quota', message: 'Used up' })
})

it('isSseError recognises an error from another copy of the package', async () => {
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
])('isSseError rejects %o', (value) => {
  expect(isSseError(value)).toBe(false)
})

it.each([0, 199, 600, 404.5, Number.NaN, 'busy'])('rejects the status %o', (status) => {
  expect(() => new SseError('x', 'y', { status: status as number })).toThrow(`from 200 to 599, not ${status}`)
})

it.each(Object.entries(SSE_ERRORS))(
  'the code %s has the kind and status of the table',
  (code, { kind, status }) => {
    expect(new SseError(code, 'x')).toMatchObject({ code, kind, status, expose: kind === 'request' })
    expect(new SseError(code, 'x', { status: 418, expose: true })).toMatchObject({
      kind,
      status: 418,
      expose: true,
    })
  },
)

it.each(['quota', 'toString', '__proto__', ''])(
  'a code of the app, such as %j, is a request error with status 500',
  (code) => {
    expect(new SseError(code, 'x')).toMatchObject({ code, kind: 'request', status: 500, expose: true })
  },
)
