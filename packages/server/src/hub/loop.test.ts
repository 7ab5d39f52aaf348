import { awaitable } from '@sse/test-support/awaitable'
import { describe, expect, it } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { turn } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import type { Commit } from '../log/engine.ts'

it('a loop whose signal aborts while its start is looked up ends and leaves no follower', async () => {
  const asked = awaitable<void>()
  const answered = awaitable<ReadonlyMap<string, Commit>>()
  const engine = Object.assign(memory(), {
    committed: () => {
      asked.call()
      return answered.called
    },
  })
  const hub = testHub({ engine })
  const abort = new AbortController()
  const loop = hub.subscribe('a', { subscriber: 's', signal: abort.signal })[Symbol.asyncIterator]()
  const next = loop.next()
  await asked.called
  abort.abort()
  answered.call(new Map())
  expect(await next).toEqual({ done: true, value: undefined })
  expect(hub.stats().channels).toBe(0)
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
