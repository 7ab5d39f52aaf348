import { metrics } from '@opentelemetry/api'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { until } from '@sse/test-support/until'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Metrics, startMetrics } from './fixtures/telemetry.ts'
import { observeHub } from './observe-hub.ts'

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })
const ROUTE = { 'http.route': '/leads/:owner' }

let telemetry: Metrics
const cleanups: (() => unknown)[] = []
beforeEach(() => {
  telemetry = startMetrics()
})
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  await telemetry.provider.shutdown()
  metrics.disable()
})

function testHub() {
  const hub = createHub(leads)
  cleanups.push(() => hub.close())
  return hub
}

function observe(hub: Parameters<typeof observeHub>[0]): () => void {
  const stop = observeHub(hub, { meterProvider: telemetry.provider })
  cleanups.push(stop)
  return stop
}

it('reports what hub.stats() says at the time of the collection', async () => {
  const hub = testHub()
  observe(hub)
  expect(await telemetry.total('sse.hub.published')).toBe(0)
  const loop = hub.subscribe('ada')[Symbol.asyncIterator]()
  const first = loop.next()
  await hub.publish('ada', 'lead', 'one')
  await first
  await hub.publish('ada', 'lead', 'two')
  const { published, ringEvents, ringBytes, channels } = hub.stats()
  expect(await telemetry.series('sse.hub.published')).toMatchObject([{ attributes: ROUTE, value: published }])
  expect(await telemetry.series('sse.hub.ring.count')).toMatchObject([
    { attributes: ROUTE, value: ringEvents },
  ])
  expect(await telemetry.series('sse.hub.ring.size')).toMatchObject([{ attributes: ROUTE, value: ringBytes }])
  expect(await telemetry.series('sse.hub.channel.count')).toMatchObject([
    { attributes: ROUTE, value: channels },
  ])
  expect([published, channels]).toEqual([2, 1])
  expect(await telemetry.total('sse.hub.skipped')).toBe(0)
  expect(await telemetry.series('sse.hub.reader.lagging')).toHaveLength(1)
  await loop.return?.()
})

it('reports runs like a hub', async () => {
  const runs = createRuns(defineStream({ path: '/runs/:id', events: { lead: type<string>() } }))
  cleanups.push(() => runs.close())
  observe(runs)
  const run = await runs.start('one', async function* ({ event }) {
    yield event('lead', 'x')
  })
  await run.done
  expect(await telemetry.series('sse.hub.ring.count')).toMatchObject([
    { attributes: { 'http.route': '/runs/:id' } },
  ])
})

it('counts a hub once however often it was called, and adds up hubs with the same path', async () => {
  const [one, other] = [testHub(), testHub()]
  expect(observe(one)).toBe(observe(one))
  observe(other)
  await one.publish('ada', 'lead', '1')
  await other.publish('ada', 'lead', '2')
  expect(await telemetry.series('sse.hub.published')).toMatchObject([{ attributes: ROUTE, value: 2 }])
})

it('keeps the counts of a hub that is no longer observed, and not its gauges', async () => {
  const [one, other] = [testHub(), testHub()]
  const stop = observe(one)
  observe(other)
  await one.publish('ada', 'lead', '1')
  stop()
  stop()
  await one.publish('ada', 'lead', '2')
  await other.publish('ada', 'lead', '3')
  expect(await telemetry.series('sse.hub.published')).toMatchObject([{ attributes: ROUTE, value: 2 }])
})

it('reports nothing once every hub was stopped', async () => {
  const hub = testHub()
  observe(hub)()
  await hub.publish('ada', 'lead', '1')
  expect(await telemetry.series('sse.hub.published')).toEqual([])
})

it('uses a global provider that is registered after the call, also without any traffic', async () => {
  const hub = testHub()
  cleanups.push(observeHub(hub))
  await hub.publish('ada', 'lead', '1')
  metrics.setGlobalMeterProvider(telemetry.provider)
  await until(async () => (await telemetry.total('sse.hub.published')) === 1)
})

it('reports the other hubs if the stats of one throw', async () => {
  const hub = testHub()
  observe({
    contract: { path: '/broken' },
    stats() {
      throw new Error('no stats')
    },
  })
  observe(hub)
  await hub.publish('ada', 'lead', '1')
  expect(await telemetry.series('sse.hub.published')).toMatchObject([{ attributes: ROUTE, value: 1 }])
})
