import { setTimeout as wait } from 'node:timers/promises'
import { lead, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { SqliteEngine } from './index.ts'

const { newFile, open, connect } = engineScope()
const FOREVER = Number.POSITIVE_INFINITY
const KEEP_ALL = { maxEvents: FOREVER, maxAgeMs: FOREVER, maxCommitAgeMs: FOREVER }

it('starts an empty log with an epoch and position 1', async () => {
  const engine = open(newFile())
  const { epoch, ...state } = await engine.read(0, atMost(10))
  expect(epoch).toMatch(/^[0-9a-f]{12}$/)
  expect(state).toEqual({ head: 0, oldest: 1, entries: [], reached: 0 })
  expect(await engine.append([lead('a'), lead('b')])).toEqual({ epoch, positions: [1, 2] })
})

it('returns entries unchanged, in order, from any position, up to the limit', async () => {
  const engine = open(newFile())
  const before = Date.now()
  const text = 'Zoë 🎈 \u2028 "quoted" \\'
  await engine.append([lead({ text, nul: '\0' }, { key: text, channel: text }), lead(2), lead(3), lead(4)])
  const page = await engine.read(0, atMost(1))
  expect(page).toMatchObject({ head: 4, oldest: 1 })
  const [first] = page.entries
  expect(first).toEqual({
    position: 1,
    at: expect.any(Number),
    channel: text,
    event: 'lead',
    data: JSON.stringify({ text, nul: '\0' }),
    key: text,
  })
  expect(first!.at).toBeGreaterThanOrEqual(before)
  expect(payloads((await engine.read(1, atMost(2))).entries)).toEqual([2, 3])
  expect((await engine.read(1, atMost(2))).entries[0]!.key).toBeUndefined()
  expect((await engine.read(4, atMost(10))).entries).toEqual([])
  expect(await engine.read(0, STATE)).toMatchObject({ head: 4, oldest: 1, entries: [] })
})

it('reads any number of channels, merged in order, even when one is named twice', async () => {
  const engine = open(newFile())
  const channels = Array.from({ length: 150 }, (_, index) => `c${index}`)
  await engine.append(channels.flatMap((channel) => [lead(`${channel}.1`, { channel }), lead('x')]))
  await engine.append(channels.map((channel) => lead(`${channel}.2`, { channel })))

  const one = await engine.read(0, atMost(10, ['c7']))
  expect(payloads(one.entries)).toEqual(['c7.1', 'c7.2'])
  expect(one.head).toBe(450)
  expect(payloads((await engine.read(0, atMost(3, ['c2', 'c1', 'c3', 'c1']))).entries)).toEqual([
    'c1.1',
    'c2.1',
    'c3.1',
  ])
  expect(payloads((await engine.read(300, atMost(3, ['c9', 'none', 'c8']))).entries)).toEqual([
    'c8.2',
    'c9.2',
  ])
  expect((await engine.read(0, atMost(10, []))).entries).toEqual([])

  const all = await engine.read(0, atMost(1000, [...channels, 'c1']))
  expect(payloads(all.entries)).toEqual(
    [1, 2].flatMap((turn) => channels.map((channel) => `${channel}.${turn}`)),
  )
  expect((await engine.read(0, atMost(120, channels))).entries).toEqual(all.entries.slice(0, 120))
})

it('returns the first position for an idempotency key it has, and leaves no hole', async () => {
  const engine = open(newFile())
  const once = lead('once', { idempotencyKey: 'k' })
  expect((await engine.append([once, lead('b'), once])).positions).toEqual([1, 2, 1])
  expect((await engine.append([once, lead('c'), once, lead('d')])).positions).toEqual([1, 3, 1, 4])
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 4, entries: { length: 4 } })
  await engine.trim({ ...KEEP_ALL, maxEvents: 1 })
  expect((await engine.append([once])).positions).toEqual([5])
})

it('stores nothing of a batch with an entry that cannot be stored', async () => {
  const engine = open(newFile())
  const broken = lead('x', { channel: null as unknown as string })
  expect((await failureOf(() => engine.append([lead('a'), broken]))).code).toBe('engine_failed')
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 0, entries: [] })
  expect((await engine.append([lead('b')])).positions).toEqual([1])
})

it('keeps the log, its epoch and its positions over a restart', async () => {
  const file = newFile()
  const first = open(file)
  const { epoch } = await first.append([lead('a')])
  await first.close()
  const second = open(file)
  expect(await second.append([lead('b')])).toEqual({ epoch, positions: [2] })
  expect(payloads((await second.read(0, atMost(10))).entries)).toEqual(['a', 'b'])
})

it('gives each file its own epoch', async () => {
  const epochs = await Promise.all(
    [newFile(), newFile()].map(async (file) => (await open(file).read(0, STATE)).epoch),
  )
  expect(new Set(epochs).size).toBe(2)
})

it('continues with the next position after everything was trimmed, even after a restart', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.append([lead('a'), lead('b')])
  await engine.trim({ ...KEEP_ALL, maxEvents: 0 })
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 2, oldest: 3, entries: [] })
  await engine.close()
  const again = open(file)
  expect((await again.append([lead('c')])).positions).toEqual([3])
  expect(await again.read(0, atMost(10))).toMatchObject({ head: 3, oldest: 3, entries: { length: 1 } })
})

it('trims to the newest entries, and runs other calls in between', async () => {
  const engine = open(newFile())
  await engine.append(Array.from({ length: 5_500 }, (_, index) => lead(index)))
  await engine.trim(KEEP_ALL)
  expect(await engine.read(0, STATE)).toMatchObject({ head: 5_500, oldest: 1 })

  const trimmed = engine.trim({ ...KEEP_ALL, maxEvents: 100 })
  const { oldest } = await engine.read(0, STATE)
  expect(oldest).toBeGreaterThan(1)
  expect(oldest).toBeLessThan(5_401)
  await trimmed
  const page = await engine.read(0, atMost(1000))
  expect(page).toMatchObject({ head: 5_500, oldest: 5_401, entries: { length: 100 } })
  expect(page.entries[0]!.position).toBe(5_401)
})

it('trims large entries a few at a time, and runs other calls in between', async () => {
  const engine = open(newFile())
  const large = 'x'.repeat(1_000_000)
  for (let batch = 0; batch < 5; batch++) await engine.append(Array.from({ length: 10 }, () => lead(large)))
  const trimmed = engine.trim({ ...KEEP_ALL, maxEvents: 0 })
  const { oldest } = await engine.read(0, STATE)
  expect(oldest).toBeGreaterThan(1)
  expect(oldest).toBeLessThan(51)
  await trimmed
  expect(await engine.read(0, STATE)).toMatchObject({ head: 50, oldest: 51 })
})

it('trims by age without a hole after the clock was set back', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.append([1, 2, 3, 4, 5].map((index) => lead(index)))
  const db = connect(file, `UPDATE sse_entries SET at = at - 60000 WHERE position IN (1, 2, 4)`)
  await engine.trim({ ...KEEP_ALL, maxAgeMs: 30_000 })
  expect(await engine.read(0, atMost(10))).toMatchObject({ oldest: 3, entries: { length: 3 } })
  db.exec('UPDATE sse_entries SET at = at - 60000')
  await engine.trim({ ...KEEP_ALL, maxAgeMs: 30_000 })
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 5, oldest: 6, entries: [] })
})

const commitOf = async (engine: SqliteEngine, subscriber: string) =>
  (await engine.committed([subscriber])).get(subscriber)

it('moves a commit forward only, until the epoch changes', async () => {
  const engine = open(newFile())
  expect(await commitOf(engine, 'ada')).toBeUndefined()
  await Promise.all([5, 9, 7].map((position) => engine.commit('ada', { epoch: 'e1', position })))
  await engine.commit('bob', { epoch: 'e1', position: 1 })
  await engine.commit('ada', { epoch: 'e1', position: 8 })
  expect(await commitOf(engine, 'ada')).toEqual({ epoch: 'e1', position: 9 })
  await engine.commit('ada', { epoch: 'e2', position: 2 })
  expect(await commitOf(engine, 'ada')).toEqual({ epoch: 'e2', position: 2 })
  expect(await commitOf(engine, 'bob')).toEqual({ epoch: 'e1', position: 1 })
})

it('wakes another engine on the file until it stops listening', async () => {
  const file = newFile()
  const [writer, reader] = [open(file), open(file)]
  let wakes = 0
  let woken: () => void = () => {}
  const wake = () => {
    wakes++
    woken()
  }
  const stop = reader.onWake(wake)
  for (const position of [1, 2, 3]) {
    const next = new Promise<void>((resolve) => {
      woken = resolve
    })
    await writer.append([lead(position)])
    await next
    expect(payloads((await reader.read(position - 1, atMost(10))).entries)).toEqual([position])
  }
  stop()
  const held = wakes
  await writer.append([lead(4)])
  await wait(50)
  expect(wakes).toBe(held)
})

it('is not woken by its own appends', async () => {
  const engine = open(newFile())
  let wakes = 0
  engine.onWake(() => wakes++)
  for (let index = 0; index < 10; index++) {
    await engine.append([lead(index)])
    await wait(5)
  }
  await wait(30)
  expect(wakes).toBe(0)
})

it('rejects every call after close, and close is idempotent', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.close()
  await engine.close()
  const db = connect(file)
  for (const call of [
    () => engine.append([lead(1)]),
    () => engine.read(0, atMost(1)),
    () => engine.trim(KEEP_ALL),
    () => engine.commit('ada', { epoch: 'e', position: 1 }),
    () => engine.committed(['ada']),
    () => engine.forget('ada'),
    () => engine.insert(lead(1), db),
  ]) {
    const { code, message } = await failureOf(call)
    expect({ code, message }).toEqual({ code: 'engine_unavailable', message: 'This engine is closed' })
  }
  engine.onWake(() => {})()
})
