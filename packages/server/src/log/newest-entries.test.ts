import { describe, expect, it } from 'vitest'
import { memory } from '../memory/memory-engine.ts'
import { CheckedEngine } from './checked-engine.ts'
import type { Engine, NewEntry } from './engine.ts'
import { readNewest } from './newest-entries.ts'

const FOREVER = Number.POSITIVE_INFINITY
const MEGABYTE = `"${'x'.repeat(1_000_000)}"`

/** An engine with these payloads, which counts the characters that its reads return. */
async function engineOf(payloads: readonly string[]) {
  const engine = memory({ maxBytes: FOREVER })
  const entries: NewEntry[] = payloads.map((data) => ({ channel: 'a', event: 'text', data }))
  await engine.append(entries)
  const working = engine.read.bind(engine)
  const counted = Object.assign(engine, {
    reads: 0,
    bytes: 0,
    async read(...given: Parameters<Engine['read']>) {
      const page = await working(...given)
      counted.reads += 1
      for (const { data } of page.entries) counted.bytes += data.length
      return page
    },
  })
  return counted
}

const read = (engine: Engine, maxEvents = 10_000, maxBytes = 16_777_216) =>
  readNewest(new CheckedEngine(engine, () => {}), { maxEvents, maxBytes })

describe('the newest entries', () => {
  it('of a log with a gigabyte are read by bytes: what fits into the ring, and little more', async () => {
    const engine = await engineOf(Array(1_000).fill(MEGABYTE))
    const { after, head, entries } = await read(engine)
    expect(head).toBe(1_000)
    expect(entries.map(({ position }) => position)).toEqual(
      Array.from({ length: entries.length }, (_, n) => after + 1 + n),
    )
    expect(after + entries.length).toBe(1_000)
    expect(entries.length).toBeGreaterThanOrEqual(17)
    expect(entries.length).toBeLessThanOrEqual(24)
    expect(engine.bytes).toBeLessThan(50_000_000)
  })

  it('of small events are as many as the ring may have, in few reads', async () => {
    const engine = await engineOf(Array.from({ length: 25_000 }, (_, n) => String(n)))
    const { after, entries } = await read(engine)
    expect(after).toBe(15_000)
    expect(entries.map(({ data }) => Number(data))).toEqual(
      Array.from({ length: 10_000 }, (_, n) => 15_000 + n),
    )
    expect(engine.reads).toBeLessThan(20)
  })

  it('stop before large events that follow small ones backwards, without reading all of those', async () => {
    const payloads = [...Array(2_000).fill(MEGABYTE), ...Array(500).fill('1')]
    const engine = await engineOf(payloads)
    const { after, entries } = await read(engine)
    expect(after + entries.length).toBe(2_500)
    expect(entries.length).toBeGreaterThan(500 + 15)
    expect(engine.bytes).toBeLessThan(60_000_000)
  })

  it('of a short log are all of it, and of a trimmed one what is left', async () => {
    const engine = await engineOf(['1', '2', '3', '4'])
    expect(await read(engine)).toMatchObject({ after: 0, head: 4, entries: { length: 4 } })
    await engine.trim({ maxEvents: 1, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    expect(await read(engine)).toMatchObject({ after: 3, head: 4, entries: { length: 1 } })
    await engine.trim({ maxEvents: 0, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER })
    expect(await read(engine)).toMatchObject({ after: 4, head: 4, entries: [] })
  })

  it('are none for a ring without room', async () => {
    const engine = await engineOf(['1', '2'])
    expect(await read(engine, 0)).toMatchObject({ after: 2, entries: [] })
    expect(await read(engine, 10, 0)).toMatchObject({ after: 2, entries: [] })
  })

  it('are read again if the log is replaced in the meantime', async () => {
    const [before, now] = [await engineOf(Array(600).fill('1')), await engineOf(['2'])]
    let calls = 0
    const replaced = Object.assign(memory(), {
      read: (...given: Parameters<Engine['read']>) => {
        calls += 1
        return (calls < 3 ? before : now).read(...given)
      },
    })
    expect(await read(replaced)).toMatchObject({ after: 0, head: 1, entries: [{ data: '2' }] })
  })
})
