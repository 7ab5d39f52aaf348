import { expect, it } from 'vitest'
import { until } from './until.ts'

it('resolves with the first truthy value', async () => {
  let calls = 0
  expect(await until(() => ++calls === 3 && { calls })).toEqual({ calls: 3 })
})

it('awaits a check that returns a promise', async () => {
  expect(await until(async () => 'here')).toBe('here')
})

it('checks again after the check has thrown', async () => {
  let calls = 0
  const check = () => {
    calls += 1
    if (calls < 3) throw new Error('not open')
    return calls
  }
  expect(await until(check)).toBe(3)
})

it('rejects after the timeout with the description and the last error', async () => {
  const cause = new Error('not open')
  const waiting = until(() => Promise.reject(cause), 'it opens', { timeoutMs: 20 })
  await expect(waiting).rejects.toThrow(
    expect.objectContaining({ message: 'not within 20 ms: it opens', cause }),
  )
})

it('builds the description when it rejects', async () => {
  let state = 'connecting'
  const waiting = until(
    () => {
      state = 'waiting'
      return false
    },
    () => state,
    { timeoutMs: 20 },
  )
  await expect(waiting).rejects.toThrow('not within 20 ms: waiting')
})

it('describes the condition by its source when it has no description', async () => {
  const isOpen = false
  await expect(until(() => isOpen, undefined, { timeoutMs: 1 })).rejects.toThrow('() => isOpen')
})
