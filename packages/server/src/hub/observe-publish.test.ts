import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { NewEntry } from '@sse/server/engine-kit'
import { afterEach, expect, it } from 'vitest'
import type { Diagnostics } from '../diagnostics.ts'
import { testHub } from '../fixtures/hub-server.ts'
import { memory } from '../index.ts'
import { observePublish } from './observe-publish.ts'

const ENTRY: NewEntry = { channel: 'ada', event: 'count', data: '1' }
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function on<Name extends keyof Diagnostics>(
  name: Name,
  listener: (message: Diagnostics[Name]) => void,
): void {
  const call = (message: unknown) => listener(message as Diagnostics[Name])
  subscribe(name, call)
  stops.push(() => unsubscribe(name, call))
}

it('passes the entry itself on without a subscriber', () => {
  expect(observePublish('/leads', ENTRY, (entry) => entry)).toBe(ENTRY)
})

it('stores the trace context that a subscriber has set, and tells the id of what was stored', async () => {
  const told: unknown[] = []
  on('sse.publish', (publish) => {
    publish.traceparent = '00-a'
  })
  on('sse.published', (message) => told.push(message))
  const engine = memory()
  const hub = testHub({ engine })
  const id = await hub.publish('ada', 'count', 1)
  const { entries } = await engine.read(0, { limit: 10, maxBytes: 1_000 })
  expect(entries).toMatchObject([{ event: 'count', traceparent: '00-a' }])
  expect(told).toEqual([{ publish: { path: '/leads/:owner', event: 'count', traceparent: '00-a' }, id }])
})

it('tells the error of what was not stored, thrown or rejected, and passes it on', async () => {
  const errors: unknown[] = []
  on('sse.publish', () => {})
  on('sse.published', ({ error }) => errors.push(error))
  const failure = new Error('disk')
  const throwing = () => {
    throw failure
  }
  expect(() => observePublish('/leads', ENTRY, throwing)).toThrow(failure)
  await expect(observePublish('/leads', ENTRY, () => Promise.reject(failure))).rejects.toBe(failure)
  expect(errors).toEqual([failure, failure])
})

it.each([[5], [null], [{}], ['x'.repeat(65)]])('stores an event without the trace context %j', (given) => {
  on('sse.publish', (publish) => {
    publish.traceparent = given as string
  })
  expect(observePublish('/leads', ENTRY, (entry) => entry)).toEqual({ ...ENTRY, traceparent: undefined })
})
