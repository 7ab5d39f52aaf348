import { context, metrics, trace } from '@opentelemetry/api'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { expect, it, vi } from 'vitest'
import { startMetrics, startTraces } from './fixtures/telemetry.ts'
import { observeStreams, traceEvents } from './index.ts'

vi.mock('@opentelemetry/api', () => import('opentelemetry-api-1.9'))

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })

it('works with version 1.9 of the API, whose global providers may also come late', async () => {
  const stops = [observeStreams(), traceEvents()]
  const hub = createHub(leads)
  const server = await serve(sse(hub, { authorize: () => true, channels: 'ada' }) as never)
  const telemetry = startMetrics()
  const traces = startTraces()
  metrics.setGlobalMeterProvider(telemetry.provider)
  trace.setGlobalTracerProvider(traces.provider)
  const reader = await StreamReader.open(`${server.origin}/leads/ada`)
  await reader.message('sse.open')
  // Not `startActiveSpan`: the SDK here has the newer API, which does not see what the older one has registered.
  const span = traces.tracer.startSpan('request')
  await context.with(trace.setSpan(context.active(), span), () => hub.publish('ada', 'lead', 'one'))
  span.end()
  await reader.until(({ events }) => events.length === 1)
  await until(async () => (await telemetry.total('sse.connection.time_to_first_event')) === 1)
  expect(
    traces
      .spans()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['deliver /leads/:owner', 'publish /leads/:owner', 'request'])
  reader.close()
  for (const stop of stops) stop()
  await hub.close()
  await server[Symbol.asyncDispose]()
})
