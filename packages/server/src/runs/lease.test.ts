import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PresenceStore } from '../log/engine.ts'
import { Lease } from './lease.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A store in which no other process has a lease, and whose answers the test decides. */
function storeThat(present: () => Promise<string[]>): PresenceStore {
  return { enter: async () => {}, leave: async () => {}, touch: async () => true, present }
}
const LEASE_MS = 4_000

describe('after its store was away', () => {
  it('a lease says of no process that it is gone, for one lease from the first answer on', async () => {
    let isAway = false
    const store = storeThat(async () => {
      if (isAway) throw new Error('away')
      return []
    })
    const lease = new Lease(store, LEASE_MS, () => {})
    expect(await lease.names()).toEqual(new Set())

    isAway = true
    await expect(lease.names()).rejects.toThrow('away')
    vi.advanceTimersByTime(3 * LEASE_MS) // no look at the store in the meantime
    isAway = false
    expect(await lease.names()).toBeUndefined()
    vi.advanceTimersByTime(LEASE_MS - 1)
    expect(await lease.names()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(await lease.names()).toEqual(new Set())
  })

  it('says the same if only other calls to the engine failed meanwhile', async () => {
    const lease = new Lease(
      storeThat(async () => []),
      LEASE_MS,
      () => {},
    )
    expect(await lease.names()).toEqual(new Set())
    lease.engineFailed()
    expect(await lease.names()).toBeUndefined()
    vi.advanceTimersByTime(LEASE_MS)
    expect(await lease.names()).toEqual(new Set())
  })

  it('counts an answer that took longer than half a lease as away', async () => {
    const lease = new Lease(
      storeThat(async () => {
        vi.advanceTimersByTime(LEASE_MS / 2 + 1)
        return []
      }),
      LEASE_MS,
      () => {},
    )
    expect(await lease.names()).toBeUndefined()
  })
})
