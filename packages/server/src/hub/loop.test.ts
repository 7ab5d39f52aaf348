import { awaitable } from '@sse/test-support/awaitable'
import { expect, it } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
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
