import { defineStream, type } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { createHub, type Hub, memory } from '../index.ts'
import type { Engine, NewEntry } from '../log/engine.ts'

const contract = defineStream({
  path: '/leads',
  events: { count: type<number>() },
  channels: ['owner:{owner}'],
})

/** A transaction that keeps entries until it commits. */
class Transaction {
  readonly entries: NewEntry[] = []
}

function withTransactions(
  insert: (entry: NewEntry, tx: Transaction) => void | Promise<void>,
): Engine<Transaction> {
  return Object.assign(memory(), { insert })
}

describe('publishIn', () => {
  it('stores the event synchronously with an engine that does', async () => {
    const hub = createHub(contract, { engine: withTransactions((entry, tx) => void tx.entries.push(entry)) })
    const tx = new Transaction()
    const stored = hub.publishIn(tx, 'owner:42', 'count', 1, { key: 'k', idempotencyKey: 'i' })
    expect(tx.entries).toEqual([
      { channel: 'owner:42', event: 'count', data: '1', key: 'k', idempotencyKey: 'i' },
    ])
    await expect(stored).resolves.toBeUndefined()
    await hub.close()
  })

  it('throws before it returns what a synchronous engine throws', async () => {
    const hub = createHub(contract, {
      engine: withTransactions(() => {
        throw new Error('disk full')
      }),
    })
    expect(() => hub.publishIn(new Transaction(), 'owner:42', 'count', 1)).toThrow('disk full')
    await hub.close()
  })

  it('rejects with what an asynchronous engine rejects with', async () => {
    const hub = createHub(contract, { engine: withTransactions(() => Promise.reject(new Error('cut off'))) })
    await expect(hub.publishIn(new Transaction(), 'owner:42', 'count', 1)).rejects.toThrow('cut off')
    await hub.close()
  })

  it.each([
    ['an unknown event', 'event_unknown', ['owner:42', 'nothing', 1]],
    ['a payload that is not JSON', 'payload_invalid', ['owner:42', 'count', 1n]],
    ['an undeclared channel', 'channel_invalid', ['ower:42', 'count', 1]],
    ['an empty idempotency key', 'option_invalid', ['owner:42', 'count', 1, { idempotencyKey: '' }]],
  ])('throws for %s with the code %s and stores nothing', async (_what, code, given) => {
    const tx = new Transaction()
    const hub = createHub(contract, { engine: withTransactions((entry) => void tx.entries.push(entry)) })
    const publishIn = hub.publishIn.bind(hub) as (...given: unknown[]) => Promise<void>
    expect(() => publishIn(tx, ...given)).toThrow(expect.objectContaining({ code }))
    expect(tx.entries).toEqual([])
    await hub.close()
    expect(() => hub.publishIn(tx, 'owner:42', 'count', 1)).toThrow(
      expect.objectContaining({ code: 'hub_closed' }),
    )
  })

  it('throws option_invalid for an engine without transactions', () => {
    const hub = createHub(contract) as unknown as Hub<typeof contract, Transaction>
    expect(() => hub.publishIn(new Transaction(), 'owner:42', 'count', 1)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining('transaction') }),
    )
  })
})

describe('a contract that declares its channels', () => {
  it('rejects every other channel wherever one is named', async () => {
    const hub = createHub(contract) as unknown as Hub<ReturnType<typeof undeclared>>
    const invalid = expect.objectContaining({
      code: 'channel_invalid',
      message: expect.stringContaining('owner:{owner}'),
    })
    await expect(hub.publish('ower:42', 'count', 1)).rejects.toEqual(invalid)
    expect(() => hub.subscribe('ower:42')).toThrow(invalid)
    expect(() => hub.subscribe(['owner:42', 'everyone'])).toThrow(invalid)
    await expect(hub.presence('ower:42')).rejects.toEqual(invalid)
    expect(() => hub.onPresence('ower:42', () => {})).toThrow(invalid)
    await expect(hub.publish('owner:42', 'count', 1)).resolves.toMatch(/-1$/)
    await hub.close()
  })
})

const undeclared = () => defineStream({ path: '/leads', events: { count: type<number>() } })
