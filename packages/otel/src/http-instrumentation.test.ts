import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { context, diag, propagation, SpanKind, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse as sseExpress } from '@sse/server/express'
import { publishHandler, sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { endSpansAtStart } from './end-spans.ts'
import { histogramOf, type Metrics, startMetrics, startTraces } from './fixtures/telemetry.ts'
import { traceEvents } from './trace-events.ts'
import { withoutStreams } from './without-streams.ts'

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })
const NAME = 'http.server.request.duration'
/** How long the streams of these tests last, in milliseconds: an hour, for a test. */
const HOUR_MS = 300

// The real instrumentation patches what `require` returns, so it has to be there first.
const http = new HttpInstrumentation()
const unregister = registerInstrumentations({ instrumentations: [http, new ExpressInstrumentation()] })
const require = createRequire(import.meta.url)
require('node:http')
const express = require('express') as typeof import('express')

const traces = startTraces()
let telemetry: Metrics
const cleanups: (() => unknown)[] = []
beforeAll(() => {
  http.setTracerProvider(traces.provider)
  trace.setGlobalTracerProvider(traces.provider)
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
beforeEach(() => {
  traces.reset()
  telemetry = startMetrics()
})
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  http.setConfig({})
  diag.disable()
  await telemetry.provider.shutdown()
})
afterAll(() => {
  unregister()
  context.disable()
  trace.disable()
  propagation.disable()
})

const source = async function* ({ event, signal }: { event: never; signal: AbortSignal }) {
  yield (event as (name: string, payload: string) => never)('lead', 'first')
  await pause(HOUR_MS, undefined, { signal })
  const inner = trace.getTracer('app').startSpan('work in the stream')
  inner.end()
}
const stream = sse(leads, source as never) as RequestListener

function answer(req: IncomingMessage, res: ServerResponse): void {
  if (req.url?.startsWith('/leads/')) stream(req, res)
  else res.end('page')
}

async function start(listener: RequestListener = answer): Promise<string> {
  const server = await serve(listener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  return server.origin
}

async function readStream(origin: string, path = '/leads/ada'): Promise<StreamReader> {
  const reader = await StreamReader.open(origin + path)
  return reader.until(({ events }) => events.length === 1)
}

const serverSpans = () => traces.spans().filter(({ kind }) => kind === SpanKind.SERVER)

it('without a recipe, the hour of a stream is in the histogram of latencies, and its span ends with it', async () => {
  http.setMeterProvider(telemetry.provider)
  const origin = await start()
  await (await fetch(`${origin}/page`)).text()
  const reader = await readStream(origin)
  await until(() => serverSpans().length === 1) // the page's
  await reader.over()
  await until(() => serverSpans().length === 2)
  const [series, ...others] = await telemetry.series(NAME)
  expect(others).toEqual([]) // the stream and the page share a series: neither has a route
  expect(histogramOf(series).count).toBe(2)
  expect(histogramOf(series).sum).toBeGreaterThan(HOUR_MS / 1_000 - 0.05)
})

it('withoutStreams leaves the durations of streams out, and keeps those of everything else', async () => {
  http.setMeterProvider(withoutStreams(telemetry.provider))
  const origin = await start()
  await (await fetch(`${origin}/page`)).text()
  await (await readStream(origin)).over()
  await until(() => serverSpans().length === 2)
  const [series, ...others] = await telemetry.series(NAME)
  expect(others).toEqual([])
  expect(histogramOf(series).count).toBe(1)
  expect(histogramOf(series).sum).toBeLessThan(HOUR_MS / 1_000)
})

it('withoutStreams keeps the duration of a request for a stream that was refused', async () => {
  http.setMeterProvider(withoutStreams(telemetry.provider))
  const refusing = sse(leads, { authorize: () => null }, source as never) as RequestListener
  const origin = await start(refusing)
  expect((await fetch(`${origin}/leads/ada`)).status).toBe(401)
  await until(async () => (await telemetry.total(NAME)) === 1)
  const [series] = await telemetry.series(NAME)
  expect(series?.attributes['http.response.status_code']).toBe(401)
})

it('endSpansAtStart ends the server span of a stream when it starts, with its route and status, and without a complaint', async () => {
  const logged = vi.fn()
  diag.setLogger({ error: logged, warn: logged, info() {}, debug() {}, verbose() {} })
  http.setMeterProvider(telemetry.provider)
  cleanups.push(endSpansAtStart())
  const origin = await start()
  const reader = await readStream(origin)
  const span = await until(() => serverSpans()[0])
  expect(reader.isOver).toBe(false)
  expect(span.name).toBe('GET /leads/:owner')
  expect(span.attributes).toMatchObject({ 'http.route': '/leads/:owner', 'http.response.status_code': 200 })
  await reader.over()
  await until(async () => (await telemetry.total(NAME)) === 1)
  expect(serverSpans()).toHaveLength(1)
  expect(logged.mock.calls).toEqual([])
  const [series] = await telemetry.series(NAME)
  expect(series?.attributes['http.route']).toBe('/leads/:owner')
  const inner = traces.spans().find(({ name }) => name === 'work in the stream')
  expect(inner?.parentSpanContext?.spanId).toBe(span.spanContext().spanId)
})

it('both work below Express, whose instrumentation names the route', async () => {
  http.setMeterProvider(withoutStreams(telemetry.provider))
  cleanups.push(endSpansAtStart())
  const app = express()
  const router = express.Router()
  router.get(leads.path, sseExpress(leads, source as never) as never)
  app.use('/api', router)
  app.get('/page', (_req, res) => void res.send('page'))
  const origin = await start(app as RequestListener)
  await (await fetch(`${origin}/page`)).text()
  const reader = await readStream(origin, '/api/leads/ada')
  const span = await until(() => serverSpans().find(({ attributes }) => attributes['http.route'] !== '/page'))
  expect(span.attributes['http.route']).toBe('/api/leads/:owner')
  expect(reader.isOver).toBe(false)
  await reader.over()
  await until(async () => (await telemetry.total(NAME)) === 1)
  expect((await telemetry.series(NAME)).map(({ attributes }) => attributes['http.route'])).toEqual(['/page'])
})

it('ignoreIncomingRequestHook leaves out the span and the duration, and with them every span inside the stream', async () => {
  http.setMeterProvider(telemetry.provider)
  http.setConfig({ ignoreIncomingRequestHook: ({ url = '' }) => url.startsWith('/leads/') })
  const origin = await start()
  await (await readStream(origin)).over()
  await (await fetch(`${origin}/page`)).text()
  await until(async () => (await telemetry.total(NAME)) === 1)
  expect(traces.spans().map(({ name }) => name)).toEqual(['GET'])
})

it('the trace of a program that publishes over HTTP leads to the delivery of its event', async () => {
  cleanups.push(traceEvents())
  const hub = createHub(leads)
  cleanups.push(() => hub.close())
  const publish = publishHandler(hub, { authorize: () => ({ id: 'python' }) })
  const follow = sse(hub, { authorize: () => true, channels: 'ada' }) as RequestListener
  const origin = await start(
    (req, res) => void (req.method === 'POST' ? publish(req, res) : follow(req, res)),
  )
  const reader = await StreamReader.open(`${origin}/leads/ada`)
  await reader.message('sse.open')
  const traceId = 'a'.repeat(32)
  const response = await fetch(`${origin}/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${'b'.repeat(16)}-01` },
    body: JSON.stringify([1, 2].map((n) => ({ channel: 'ada', event: 'lead', payload: `lead ${n}` }))),
  })
  expect(response.status).toBe(200)
  const { ids } = (await response.json()) as { ids: string[] }
  await reader.until(({ events }) => events.length === 2)
  reader.close()
  const deliver = await until(() => traces.spans().find(({ name }) => name === 'deliver /leads/:owner'))
  expect(deliver.links.map(({ context }) => context.traceId)).toEqual([traceId, traceId])
  expect(deliver.links.map(({ attributes }) => attributes?.['messaging.message.id'])).toEqual(ids)
})
