import { expect, it } from 'vitest'
import { retryCollisions } from './lane.ts'

const failure = (code: string) => new Error('refused', { cause: Object.assign(new Error(), { code }) })

it('does work again while it collides, and rejects with any other error at once', async () => {
  let tries = 0
  const result = retryCollisions(10_000, async () => {
    tries += 1
    if (tries < 4) throw failure(tries === 2 ? '40P01' : '40001')
    return tries
  })
  expect(await result).toBe(4)
  const other = failure('42P01')
  await expect(retryCollisions(10_000, () => Promise.reject(other))).rejects.toBe(other)
})

it('gives up with the last collision once the time is over', async () => {
  let tries = 0
  const failing = retryCollisions(50, () => {
    tries += 1
    return Promise.reject(failure('40001'))
  })
  await expect(failing).rejects.toThrow('refused')
  expect(tries).toBeGreaterThan(1)
})
