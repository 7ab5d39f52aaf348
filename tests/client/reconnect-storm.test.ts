import { describe, expect, it } from 'vitest'
import { simulate } from '../../bench/reconnect-storm/simulate.ts'

const clients = 5_000
const seed = 1

describe('5,000 clients of a crashed server reconnect with no second above twice the mean', () => {
  it.each([0, 1, 2, 5, 15, 60])('with default options, after an outage of %i s', async (seconds) => {
    const { peakToMean, returned } = await simulate({ clients, seed, downMs: seconds * 1_000 })
    expect(peakToMean).toBeLessThan(2)
    expect(returned.reduce((sum, count) => sum + count)).toBe(clients)
  })
})
