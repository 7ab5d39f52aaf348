import { awaitable } from '@sse/test-support/awaitable'
import { describe, expect, it } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { turn } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Commit } from '../log/engine.ts'

/** A hub whose engine looks up a committed position until it is answered. */
function openSlowHub() {
  const asked = awaitable<void>()
  const answered = awaitable<ReadonlyMap<string, Commit>>()
  const committed = () => {
    asked.call()
    return answered.called
  }
  return { hub: testHub({ engine: Object.assign(memory(), { committed }) }), asked, answered }
}

it('a loop whose signal aborts while its start is looked up ends and leaves no follower', async () => {
  const { hub, asked, answered } = openSlowHub()
  const abort = new AbortController()
  const loop = hub.subscribe('a', { subscriber: 's', signal: abort.signal })[Symbol.asyncIterator]()
  const next = loop.next()
  await asked.called
  abort.abort()
  answered.call(new Map())
  expect(await next).toEqual({ done: true, value: undefined })
  expect(hub.stats().channels).toBe(0)
})

it('a loop whose start is looked up while the hub closes ends', async () => {
  const { hub, asked, answered } = openSlowHub()
  const next = hub.subscribe('a', { subscriber: 's' })[Symbol.asyncIterator]().next()
  await asked.called
  const closing = hub.close()
  await turn()
  answered.call(new Map())
  expect(await next).toEqual({ done: true, value: undefined })
  await closing
})

describe('calls of next() before the last one has settled', () => {
  const start = async () => {
    const hub = testHub()
    await hub.publish('a', 'count', 0)
    const loop = hub.subscribe('a', { from: 'oldest' })[Symbol.asyncIterator]()
    return { hub, loop, calls: Array.from({ length: 3 }, () => loop.next()) }
  }

  it('get one event each, in order', async () => {
    const { hub, calls } = await start()
    await turn()
    for (const n of [1, 2]) await hub.publish('a', 'count', n)
    const payloads = (await Promise.all(calls)).map(({ value }) => value?.payload)
    expect(payloads).toEqual([0, 1, 2])
  })

  it.each(['return', 'close'] as const)('all settle after %s()', async (how) => {
    const { hub, loop, calls } = await start()
    await calls[0]
    await turn()
    if (how === 'return') await loop.return?.()
    else await hub.close()
    expect((await Promise.all(calls)).map(({ done }) => done)).toEqual([false, true, true])
    expect(await loop.next()).toEqual({ done: true, value: undefined })
  })
})

describe('a loop with a backlog, whose body awaits nothing,', () => {
  function work(ms: number) {
    const until = performance.now() + ms
    while (performance.now() < until) {}
  }
  /** Counts the turns of the event loop until `task` is done. */
  async function turnsOf(task: Promise<unknown>) {
    let turns = 0
    let isRunning = true
    const ended = task.finally(() => {
      isRunning = false
    })
    while (isRunning) {
      await turn()
      turns += 1
    }
    await ended
    return turns
  }

  it.each([
    ['many events', 600, 10, 0.1],
    ['few large events', 20, 200_000, 3],
  ])('leaves the event loop to others between %s', async (_, count, size, ms) => {
    const hub = testHub()
    for (let n = 0; n < count; n += 1) await hub.publish('a', 'text', 'x'.repeat(size))
    let seen = 0
    const read = async () => {
      for await (const _event of hub.subscribe('a', { from: 'oldest', untilHead: true })) {
        seen += 1
        work(ms)
      }
    }
    expect(await turnsOf(read())).toBeGreaterThan(8)
    expect(seen).toBe(count)
  })

  it('shares the turns with other loops of its hub', async () => {
    const hub = testHub()
    for (let n = 0; n < 100; n += 1) await hub.publish('a', 'text', 'x')
    const read = async () => {
      for await (const _event of hub.subscribe('a', { from: 'oldest', untilHead: true })) work(0.1)
    }
    // 200 ms of work, in turns of 4 ms and what 32 events take.
    expect(await turnsOf(Promise.all(Array.from({ length: 20 }, read)))).toBeGreaterThan(15)
  })
})
