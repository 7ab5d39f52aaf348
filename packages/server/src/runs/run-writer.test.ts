import { defineStream, SseError, type } from '@sse/contract'
import { checkSize } from '@sse/contract/protocol'
import { describe, expect, it } from 'vitest'
import type { AppendResult } from '../log/append-queue.ts'
import type { Commit } from '../log/engine.ts'
import { parseId } from '../log/id.ts'
import { RunEvent } from './run-event.ts'
import { RunWriter, type WriterHub } from './run-writer.ts'

const contract = defineStream({ path: '/a', events: { delta: type<string>(), step: type<number>() } })
const merge = new Map([['delta', (earlier: unknown, later: unknown) => `${earlier}${later}`]])

/** A hub whose appends the test answers, entry by entry. */
function heldHub() {
  const calls: {
    payload: unknown
    key: string
    resolve: (id: string) => void
    reject: (error: SseError) => void
  }[] = []
  const hub: WriterHub = {
    needsKeys: true,
    checkSize: (event, data) => checkSize(event, data, 1_000),
    async appendOwn(entries, settled) {
      const answers = entries.map(
        ({ data, idempotencyKey: key = '' }) =>
          new Promise<AppendResult>((resolve) => {
            const stored = (id: string) => resolve(parseId(id) as Commit)
            calls.push({ payload: JSON.parse(data), key, resolve: stored, reject: resolve })
          }),
      )
      settled(await Promise.all(answers))
    },
  }
  return { hub, calls }
}

function writerOn({ hub }: ReturnType<typeof heldHub>, batchMs = 20) {
  return new RunWriter({ contract, hub, channel: 'c', keyPrefix: '7-', merge, batchMs })
}

const away = () => new SseError('engine_unavailable', 'away')
const turns = async () => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve))
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const payloads = (held: ReturnType<typeof heldHub>) => held.calls.map(({ payload }) => payload)

describe('the writer of a run', () => {
  it('keeps two events apart that the merge function does not combine', async () => {
    const held = heldHub()
    const apart = new Map([['delta', () => undefined]])
    const writer = new RunWriter({
      contract,
      hub: held.hub,
      channel: 'c',
      keyPrefix: '7-',
      merge: apart,
      batchMs: 10_000,
    })
    for (const token of ['a', 'b', 'c']) writer.push(new RunEvent('delta', token))
    expect(payloads(held)).toEqual(['a'])
    held.calls[0]?.resolve('e-1')
    await turns()
    expect(payloads(held)).toEqual(['a', 'b', 'c'])
  })

  it('stores the first event in the same turn, merges those that follow, and keeps others in their place', async () => {
    const held = heldHub()
    const writer = writerOn(held, 10_000)
    writer.push(new RunEvent('delta', 'a'))
    expect(payloads(held)).toEqual(['a'])
    for (const token of ['b', 'c']) writer.push(new RunEvent('delta', token))
    held.calls[0]?.resolve('e-1')
    await turns()
    expect(payloads(held)).toEqual(['a']) // waits for others
    writer.push(new RunEvent('delta', 'd'))
    writer.push(new RunEvent('step', 1))
    await turns()
    expect(payloads(held)).toEqual(['a', 'bcd', 1])
    held.calls[1]?.resolve('e-2')
    held.calls[2]?.resolve('e-3')
    await writer.flush()
  })

  it('stores a lone event after batchMs, and one after a pause at once', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    writer.push(new RunEvent('delta', 'a'))
    held.calls[0]?.resolve('e-1')
    await turns()
    writer.push(new RunEvent('delta', 'b'))
    const since = performance.now()
    while (held.calls.length < 2) await pause(1)
    expect(performance.now() - since).toBeLessThan(5_000)
    held.calls[1]?.resolve('e-2')
    await pause(30)
    writer.push(new RunEvent('delta', 'c'))
    expect(payloads(held)).toEqual(['a', 'b', 'c'])
    held.calls[2]?.resolve('e-3')
    await writer.flush()
  })

  it('repeats only what failed, with the same keys, and then continues', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    for (const n of [1, 2, 3]) writer.push(new RunEvent('step', n))
    const flushed = writer.flush()
    held.calls[0]?.resolve('e-1')
    while (held.calls.length < 3) await pause(1)
    held.calls[1]?.reject(away())
    held.calls[2]?.reject(away())
    while (held.calls.length < 5) await pause(1)
    expect(held.calls.slice(3).map(({ payload, key }) => [payload, key])).toEqual([
      [2, '7-1'],
      [3, '7-2'],
    ])
    held.calls[3]?.resolve('e-2')
    held.calls[4]?.resolve('e-3')
    await flushed
  })

  it('fails when an event was stored behind a later one, instead of showing them in that order', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    for (const n of [1, 2, 3]) writer.push(new RunEvent('step', n))
    const flushed = writer.flush()
    held.calls[0]?.resolve('e-1')
    while (held.calls.length < 3) await pause(1)
    held.calls[1]?.reject(away())
    held.calls[2]?.resolve('e-2')
    while (held.calls.length < 4) await pause(1)
    held.calls[3]?.resolve('e-3')
    await expect(flushed).rejects.toMatchObject({ code: 'engine_failed' })
    expect(() => writer.push(new RunEvent('step', 4))).toThrow('another order')
  })

  it('fails at once with an error that a retry does not mend', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    writer.push(new RunEvent('step', 1))
    held.calls[0]?.reject(new SseError('payload_too_large', 'too large'))
    await expect(writer.flush()).rejects.toMatchObject({ code: 'payload_too_large' })
  })

  it('stores what came before an event that is too large, and nothing after it', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    for (const n of [1, 2]) writer.push(new RunEvent('step', n))
    writer.push(new RunEvent('delta', 'x'.repeat(1_000)))
    writer.push(new RunEvent('step', 3))
    const flushed = writer.flush()
    held.calls[0]?.resolve('e-1')
    while (held.calls.length < 2) await pause(1)
    held.calls[1]?.resolve('e-2')
    await expect(flushed).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(payloads(held)).toEqual([1, 2])
  })

  it('stores without keys on an engine that never rejects what it has stored', async () => {
    const held = heldHub()
    const writer = writerOn({ ...held, hub: { ...held.hub, needsKeys: false } })
    writer.push(new RunEvent('step', 1))
    held.calls[0]?.reject(away())
    while (held.calls.length < 2) await pause(1)
    held.calls[1]?.resolve('e-1')
    await writer.flush()
    expect(held.calls.map(({ payload, key }) => [payload, key])).toEqual([
      [1, ''],
      [1, ''],
    ])
  })

  it('drops what waits when it is closed, also while it waits for another attempt', async () => {
    const held = heldHub()
    const writer = writerOn(held)
    writer.push(new RunEvent('step', 1))
    held.calls[0]?.reject(away())
    await turns()
    writer.push(new RunEvent('step', 2))
    writer.close()
    const { length } = held.calls
    await writer.flush()
    await pause(100) // longer than the pause before the next attempt
    expect(held.calls).toHaveLength(length)
    expect(payloads(held)).not.toContain(2)
  })
})
