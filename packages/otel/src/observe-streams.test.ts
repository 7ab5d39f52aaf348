import type { RequestListener } from 'node:http'
import { diag, metrics } from '@opentelemetry/api'
import { defineStream, SseError, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { histogramOf, type Metrics, startMetrics } from './fixtures/telemetry.ts'
import { observeStreams } from './observe-streams.ts'

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
  diag.disable()
})

async function start(listener: RequestListener): Promise<RunningServer> {
  const server = await serve(listener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  return server
}

function observe(provider = telemetry.provider): () => void {
  const stop = observeStreams({ meterProvider: provider })
  cleanups.push(stop)
  return stop
}

async function read(url: string, lastEventId?: string): Promise<StreamReader> {
  const reader = await StreamReader.open(url, lastEventId)
  cleanups.push(() => reader.close())
  return reader
}

function testHub(options: Parameters<typeof createHub>[1] = {}) {
  const hub = createHub(leads, options)
  cleanups.push(() => hub.close())
  return hub
}

const forever = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const serveHub = (hub: ReturnType<typeof testHub>) =>
  start(sse(hub, { authorize: () => true, channels: ({ params }) => params.owner }) as RequestListener)

it('counts open, opened and closed connections of a generator stream, with the reason and the duration in seconds', async () => {
  observe()
  const handler = sse(leads, async function* ({ event, signal, params }) {
    yield event('lead', params.owner)
    if (params.owner === 'ada') await forever(signal)
  })
  const { origin } = await start(handler)
  const reader = await read(`${origin}/leads/ada`)
  await reader.until(({ events }) => events.length === 1)
  const other = await read(`${origin}/leads/ben`)
  await other.over()
  expect(await telemetry.series('sse.connections')).toMatchObject([{ attributes: ROUTE, value: 1 }])
  reader.close()
  await until(async () => (await telemetry.total('sse.connections')) === 0)
  expect(await telemetry.series('sse.connection.opened')).toMatchObject([{ attributes: ROUTE, value: 2 }])
  const closed = await telemetry.series('sse.connection.closed')
  expect(closed.map(({ attributes, value }) => [attributes, value])).toEqual(
    expect.arrayContaining([
      [{ ...ROUTE, 'sse.close.reason': 'ended' }, 1],
      [{ ...ROUTE, 'sse.close.reason': 'client_gone' }, 1],
    ]),
  )
  const durations = await telemetry.series('sse.connection.duration')
  const { sum: seconds } = histogramOf(
    durations.find(({ attributes }) => attributes['sse.close.reason'] === 'client_gone'),
  )
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThan(30)
})

it('has histogram boundaries that tell hours apart', async () => {
  observe()
  const { origin } = await start(sse(leads, async function* () {}))
  await (await read(`${origin}/leads/ada`)).over()
  await until(async () => (await telemetry.total('sse.connection.duration')) === 1)
  const [series] = await telemetry.series('sse.connection.duration')
  const { boundaries } = histogramOf(series).buckets
  expect(boundaries.filter((seconds) => seconds >= 3_600)).toEqual([3_600, 7_200, 14_400, 28_800, 86_400])
})

it('counts the bytes of open connections while they are open, for generators, hubs and runs', async () => {
  observe()
  const hub = testHub()
  const served = await serveHub(hub)
  const generated = await start(
    sse(leads, async function* ({ event, signal }) {
      yield event('lead', 'ü'.repeat(1_000))
      await forever(signal)
    }),
  )
  const runs = createRuns(defineStream({ path: '/runs/:id', events: { lead: type<string>() } }))
  cleanups.push(() => runs.close())
  const run = await start(sse(runs, { authorize: () => true }) as RequestListener)
  await runs.start('one', async function* ({ event, signal }) {
    yield event('lead', 'x'.repeat(5_000))
    await forever(signal)
  })
  const readers = [
    await read(`${generated.origin}/leads/ada`),
    await read(`${served.origin}/leads/ada`),
    await read(`${run.origin}/runs/one`),
  ]
  await readers[1]?.message('sse.open')
  await hub.publish('ada', 'lead', 'x'.repeat(3_000))
  for (const reader of readers) await reader.until(({ events }) => events.length === 1)
  const bytes = readers.map(({ text }) => Buffer.byteLength(text))
  const sent = await telemetry.series('sse.connection.sent')
  const of = (route: string) => sent.find(({ attributes }) => attributes['http.route'] === route)?.value
  expect(of('/leads/:owner')).toBe((bytes[0] as number) + (bytes[1] as number))
  expect(of('/runs/:id')).toBe(bytes[2])
})

it('measures the time to the first event from the arrival of the request, and not for a connection that got none', async () => {
  observe()
  const hub = testHub()
  const { origin } = await serveHub(hub)
  const silent = await read(`${origin}/leads/silent`)
  await silent.message('sse.open')
  const reader = await read(`${origin}/leads/ada`)
  await reader.message('sse.open')
  await new Promise((resolve) => setTimeout(resolve, 30))
  await hub.publish('ada', 'lead', '1')
  await hub.publish('ada', 'lead', '2')
  await reader.until(({ events }) => events.length === 2)
  silent.close()
  await until(async () => (await telemetry.total('sse.connections')) === 1)
  const [series, ...others] = await telemetry.series('sse.connection.time_to_first_event')
  expect(others).toEqual([])
  expect(series).toMatchObject({ attributes: ROUTE, value: { count: 1 } })
  expect(histogramOf(series).sum).toBeGreaterThanOrEqual(0.03)
})

it('measures the time to the first event of history too', async () => {
  observe()
  const hub = testHub()
  const id = await hub.publish('ada', 'lead', '1')
  await hub.publish('ada', 'lead', '2')
  const { origin } = await serveHub(hub)
  const reader = await read(`${origin}/leads/ada`, id)
  await reader.until(({ events }) => events.length === 1)
  expect(await telemetry.total('sse.connection.time_to_first_event')).toBe(1)
})

it('counts refused requests by code and status, and gaps by reason', async () => {
  observe()
  const hub = testHub({ maxConnections: 1 })
  const { origin } = await serveHub(hub)
  const reader = await read(`${origin}/leads/ada`, 'other-1')
  await reader.message('sse.gap')
  expect((await fetch(`${origin}/leads/ben`)).status).toBe(503)
  expect(await telemetry.series('sse.connection.gaps')).toMatchObject([
    { attributes: { ...ROUTE, 'sse.gap.reason': 'epoch' }, value: 1 },
  ])
  expect(await telemetry.series('sse.connection.rejected')).toMatchObject([
    {
      attributes: { ...ROUTE, 'error.type': 'too_many_connections', 'http.response.status_code': 503 },
      value: 1,
    },
  ])
})

it('keeps the number of time series the same for thousands of connections with distinct paths, users and codes', async () => {
  observe()
  let made = 0
  const handler = sse(
    leads,
    {
      onError() {},
      authorize({ params }) {
        if (params.owner?.endsWith('7'))
          throw new SseError(`secret_${params.owner}` as 'forbidden', 'No', { status: 403 })
        return params.owner ?? null
      },
    },
    async function* ({ event, params }) {
      made += 1
      yield event('lead', params.owner)
    },
  )
  const { origin } = await start(handler)
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) =>
        (await fetch(`${origin}/leads/user-${batch}-${index}`)).text(),
      ),
    )
  }
  await until(async () => (await telemetry.total('sse.connections')) === 0)
  expect(made).toBe(1_800)
  expect(await telemetry.total('sse.connection.closed')).toBe(1_800)
  const all = await telemetry.collect()
  for (const { descriptor, dataPoints } of all) {
    expect(dataPoints.length, descriptor.name).toBeLessThanOrEqual(
      descriptor.name.endsWith('rejected') ? 65 : 1,
    )
  }
  const withoutCodes = all.filter(({ descriptor }) => descriptor.name !== 'sse.connection.rejected')
  expect(JSON.stringify(withoutCodes)).not.toContain('user-')
})

it('puts the routes of an app that makes contracts without end under _OTHER', async () => {
  observe()
  const server = await start((req, res) => {
    const path = (req.url ?? '/') as '/'
    return sse(defineStream({ path, events: { lead: type<string>() } }), async function* () {})(req, res)
  })
  for (let index = 0; index < 250; index += 1) await (await fetch(`${server.origin}/made/${index}`)).text()
  await until(async () => (await telemetry.total('sse.connection.closed')) === 250)
  const series = await telemetry.series('sse.connection.opened')
  expect(series).toHaveLength(201)
  expect(series).toContainEqual(
    expect.objectContaining({ attributes: { 'http.route': '_OTHER' }, value: 50 }),
  )
})

it('has no route for a stream without a contract', async () => {
  observe()
  const { origin } = await start(sse(async function* () {}))
  await (await read(`${origin}/any/thing`)).over()
  await until(async () => (await telemetry.total('sse.connection.closed')) === 1)
  expect(await telemetry.series('sse.connection.opened')).toMatchObject([{ attributes: {}, value: 1 }])
})

it('records nothing after it was stopped, and starts again', async () => {
  const stop = observe()
  const { origin } = await start(sse(leads, async function* () {}))
  await (await read(`${origin}/leads/ada`)).over()
  await until(async () => (await telemetry.total('sse.connection.closed')) === 1)
  stop()
  stop()
  await (await read(`${origin}/leads/ada`)).over()
  expect(await telemetry.total('sse.connection.opened')).toBe(1)
  observe()
  await (await read(`${origin}/leads/ada`)).over()
  await until(async () => (await telemetry.total('sse.connection.opened')) === 2)
})

it('counts a connection once however often it was called', async () => {
  expect(observe()).toBe(observe())
  const { origin } = await start(sse(leads, async function* () {}))
  await (await read(`${origin}/leads/ada`)).over()
  await until(async () => (await telemetry.total('sse.connection.closed')) === 1)
  expect(await telemetry.total('sse.connection.opened')).toBe(1)
})

it('uses a global provider that is registered after streams have opened', async () => {
  cleanups.push(observeStreams())
  const { origin } = await start(
    sse(leads, async function* ({ event, signal }) {
      await forever(signal)
      yield event('lead', 'never')
    }),
  )
  const reader = await read(`${origin}/leads/ada`)
  metrics.setGlobalMeterProvider(telemetry.provider)
  await until(async () => (await telemetry.total('sse.connections')) === 1)
  reader.close()
  await until(async () => (await telemetry.total('sse.connection.closed')) === 1)
})

it.each(['getMeter', 'createCounter', 'record', 'add'])(
  'keeps streams and process alive if %s throws',
  async (method) => {
    const logged = vi.fn()
    diag.setLogger({ error: logged, warn() {}, info() {}, debug() {}, verbose() {} })
    const boom = (): never => {
      throw new Error('telemetry is broken')
    }
    const instrument = {
      add: method === 'add' ? boom : () => {},
      record: method === 'record' ? boom : () => {},
    }
    const meter = Object.fromEntries(
      ['createCounter', 'createHistogram', 'createObservableCounter', 'createObservableUpDownCounter'].map(
        (name) => [name, name === method ? boom : () => instrument],
      ),
    )
    const getMeter = method === 'getMeter' ? boom : () => ({ ...meter, addBatchObservableCallback() {} })
    observe({ getMeter } as unknown as typeof telemetry.provider)
    const { origin } = await start(
      sse(leads, async function* ({ event }) {
        yield event('lead', 'one')
      }),
    )
    const reader = await read(`${origin}/leads/ada`)
    await reader.over()
    expect(reader.payloads).toEqual(['one'])
    await until(() => logged.mock.calls.length > 0)
  },
)

it('keeps streams alive if the app logger throws as well', async () => {
  diag.setLogger({
    error() {
      throw new Error('logger')
    },
    warn() {},
    info() {},
    debug() {},
    verbose() {},
  })
  observe({
    getMeter: () => {
      throw new Error('meter')
    },
  } as unknown as typeof telemetry.provider)
  const { origin } = await start(
    sse(leads, async function* ({ event }) {
      yield event('lead', 'one')
    }),
  )
  expect((await (await read(`${origin}/leads/ada`)).over()).payloads).toEqual(['one'])
})

it('closes every connection in its numbers when a hub drains, and lets the process end', async () => {
  observe()
  const hub = testHub({ engine: memory() })
  const { origin } = await serveHub(hub)
  const readers = await Promise.all(Array.from({ length: 20 }, () => read(`${origin}/leads/ada`)))
  for (const reader of readers) await reader.message('sse.open')
  expect(await telemetry.total('sse.connections')).toBe(20)
  await hub.drain()
  expect(await telemetry.total('sse.connections')).toBe(0)
  expect(await telemetry.series('sse.connection.closed')).toMatchObject([
    { attributes: { 'sse.close.reason': 'shutdown' }, value: 20 },
  ])
})

it('does nothing when it is imported', async () => {
  const { channel } = await import('node:diagnostics_channel')
  await import('./index.ts')
  expect(channel('sse.connection.opened').hasSubscribers).toBe(false)
  expect(channel('sse.publish').hasSubscribers).toBe(false)
})
