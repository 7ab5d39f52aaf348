import { expect, it } from 'vitest'
import { errorOf, failureOf } from './failure-of.ts'

const failure = Object.assign(new Error('full'), { code: 'engine_failed' })

it('resolves with the error, whether it is thrown or a rejection', async () => {
  const throws = () => {
    throw failure
  }
  expect(await errorOf(throws)).toBe(failure)
  expect(await failureOf(() => Promise.reject(failure))).toEqual({ code: 'engine_failed', message: 'full' })
})

it('rejects with an error that has no code', async () => {
  await expect(failureOf(() => Promise.reject(new TypeError('a defect')))).rejects.toThrow('a defect')
})

it('rejects when the call succeeds', async () => {
  await expect(failureOf(() => 'stored')).rejects.toThrow('the call was expected to fail')
})
