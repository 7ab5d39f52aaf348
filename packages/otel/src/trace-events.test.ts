import type { RequestListener } from 'node:http'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { defineStream, type } from '@sse/contract'
import { createHub, type Hub, type HubOptions } from '@sse/server'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { afterEach, expect, it, vi } from 'vitest'
import { startTraces } from './fixtures/telemetry.ts'
import { traceEvents } from './trace-events.ts'

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })
type Leads = Hub<typeof leads>

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  context.disable()
  trace.disable()
})

function start(options: HubOptions = {}, sampler?: Parameters<typeof startTraces>[0]) {
  const traces = startTraces(sampler)
  cleanups.push(traceEvents({ tracerProvider: traces.provider }))
  const hub = createHub(leads, options)
  cleanups.push(() => hub.close())
  return { ...traces, hub, named: (name: string) => traces.spans().filter((span) => span.name === name) }
}

async function follow(hub: Leads, owner = 'ada'): Promise<StreamReader> {
  const handler = sse(hub, { authorize: () => true, channels: ({ params }) => params.owner })
  const server = await serve(handler as RequestListener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  const reader = await StreamReader.open(`${server.origin}/leads/${owner}`)
  cleanups.push(() => reader.close())
  await reader.message('sse.open')
  return reader
}

it('makes a span of a publish inside a span, and one span of its delivery that links to it, for any number of readers', async () => {
  const { hub, tracer, named } = start()
  const readers = [await follow(hub), await follow(hub), await follow(hub)]
  const id = await tracer.startActiveSpan('handle order', async (span) => {
    const published = await hub.publish('ada', 'lead', 'one')
    span.end()
    return published
  })
  for (const reader of readers) await reader.until(({ events }) => events.length === 1)
  const [request] = named('handle order')
  const [publish, ...others] = named('publish /leads/:owner')
  expect(others).toEqual([])
  expect(publish?.kind).toBe(SpanKind.PRODUCER)
  expect(publish?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  expect(publish?.attributes).toEqual({
    'messaging.system': 'sse',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.template': '/leads/:owner',
    'messaging.message.id': id,
    'sse.event.name': 'lead',
  })
  const [deliver, ...more] = named('deliver /leads/:owner')
  expect(more).toEqual([])
  expect(deliver?.kind).toBe(SpanKind.CONSUMER)
  expect(deliver?.parentSpanContext).toBeUndefined()
  expect(deliver?.attributes).toMatchObject({ 'messaging.batch.message_count': 1, 'sse.delivery.count': 3 })
  expect(deliver?.links).toHaveLength(1)
  expect(deliver?.links[0]?.context).toMatchObject({
    traceId: publish?.spanContext().traceId,
    spanId: publish?.spanContext().spanId,
  })
  expect(deliver?.links[0]?.attributes).toEqual({ 'messaging.message.id': id, 'sse.event.name': 'lead' })
})

it('sends nothing of a trace to clients', async () => {
  const { hub, tracer, named } = start()
  const reader = await follow(hub)
  const id = await tracer.startActiveSpan('request', async (span) => {
    await hub.publish('ada', 'lead', 'one')
    const published = await hub.publish('ada', 'lead', 'two')
    span.end()
    return published
  })
  await reader.until(({ events }) => events.length === 2)
  const late = await StreamReader.open(reader.response.url, id.replace(/\d+$/, '0'))
  cleanups.push(() => late.close())
  await late.until(({ events }) => events.length === 2)
  const { traceId, spanId } = named('publish /leads/:owner')[0]?.spanContext() ?? {}
  expect(traceId).toHaveLength(32)
  for (const { text, response } of [reader, late]) {
    const sent = text + JSON.stringify([...response.headers])
    expect(sent).not.toContain(traceId)
    expect(sent).not.toContain(spanId)
    expect(sent).not.toContain('traceparent')
  }
})

it('records one span for a batch, with at most 128 links', async () => {
  const { hub, tracer, named } = start()
  const reader = await follow(hub)
  await tracer.startActiveSpan('request', async (span) => {
    await Promise.all(Array.from({ length: 300 }, (_, index) => hub.publish('ada', 'lead', String(index))))
    span.end()
  })
  await reader.until(({ events }) => events.length === 300)
  expect(named('publish /leads/:owner')).toHaveLength(300)
  const delivered = named('deliver /leads/:owner')
  expect(delivered).toHaveLength(1)
  expect(delivered[0]?.links).toHaveLength(128)
  expect(delivered[0]?.attributes['messaging.batch.message_count']).toBe(300)
})

it('records no span outside a span, and stores nothing of a span that is not sampled', async () => {
  const append = vi.fn()
  const { hub, spans } = start()
  const reader = await follow(hub)
  await hub.publish('ada', 'lead', 'one')
  await reader.until(({ events }) => events.length === 1)
  expect(spans()).toEqual([])
  for (const clean of cleanups.splice(0).reverse()) await clean()

  const { memory } = await import('@sse/server')
  const engine = memory()
  const observed = {
    ...bind(engine),
    append(entries: Parameters<typeof engine.append>[0]) {
      append(entries)
      return engine.append(entries)
    },
  }
  const off = start({ engine: observed as typeof engine }, new AlwaysOffSampler())
  const other = await follow(off.hub)
  await off.tracer.startActiveSpan('request', async (span) => {
    await off.hub.publish('ada', 'lead', 'two')
    span.end()
  })
  await other.until(({ events }) => events.length === 1)
  expect(append.mock.calls.flat(2)).toMatchObject([{ traceparent: undefined }])
  expect(off.spans()).toEqual([])
})

it('records no delivery without a reader', async () => {
  const { hub, tracer, named } = start()
  const reader = await follow(hub, 'ben')
  await tracer.startActiveSpan('request', async (span) => {
    await hub.publish('ada', 'lead', 'one')
    span.end()
  })
  await hub.publish('ben', 'lead', 'two')
  await reader.until(({ events }) => events.length === 1)
  expect(named('publish /leads/:owner')).toHaveLength(1)
  expect(named('deliver /leads/:owner')).toEqual([])
})

it('marks the span of a publish that failed with the code of its error', async () => {
  const { memory, SseError } = await import('@sse/server')
  const engine = memory()
  const failing = {
    ...bind(engine),
    append: () => Promise.reject(new SseError('engine_unavailable', 'The disk is gone')),
  }
  const { hub, tracer, named } = start({ engine: failing as unknown as typeof engine, onError() {} })
  await tracer.startActiveSpan('request', async (span) => {
    await expect(hub.publish('ada', 'lead', 'one')).rejects.toMatchObject({ code: 'engine_unavailable' })
    span.end()
  })
  const [publish] = named('publish /leads/:owner')
  expect(publish?.status.code).toBe(SpanStatusCode.ERROR)
  expect(publish?.attributes['error.type']).toBe('engine_unavailable')
})

it('uses a global provider that is registered after the hub and the call', async () => {
  cleanups.push(traceEvents())
  const hub = createHub(leads)
  cleanups.push(() => hub.close())
  const { provider, tracer, spans } = startTraces()
  trace.setGlobalTracerProvider(provider)
  await tracer.startActiveSpan('request', async (span) => {
    await hub.publish('ada', 'lead', 'one')
    span.end()
  })
  expect(spans().map(({ name }) => name)).toContain('publish /leads/:owner')
})

it('stores and delivers events if the tracer throws', async () => {
  const boom = (): never => {
    throw new Error('telemetry is broken')
  }
  const { tracer } = startTraces()
  cleanups.push(
    traceEvents({ tracerProvider: { getTracer: () => ({ startSpan: boom, startActiveSpan: boom }) } }),
  )
  const hub = createHub(leads)
  cleanups.push(() => hub.close())
  const reader = await follow(hub)
  await tracer.startActiveSpan('request', async (span) => {
    await hub.publish('ada', 'lead', 'one')
    span.end()
  })
  await reader.until(({ events }) => events.length === 1)
})

it('records nothing after it was stopped', async () => {
  const traces = startTraces()
  traceEvents({ tracerProvider: traces.provider })()
  const hub = createHub(leads)
  cleanups.push(() => hub.close())
  await traces.tracer.startActiveSpan('request', async (span) => {
    await hub.publish('ada', 'lead', 'one')
    span.end()
  })
  expect(traces.spans().map(({ name }) => name)).toEqual(['request'])
})

/** The methods of an engine as own properties, to replace one. */
function bind<Target extends object>(target: Target): Target {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter(
    (name) => name !== 'constructor',
  )
  const methods = names.map((name) => {
    const value = (target as Record<string, unknown>)[name]
    return [name, typeof value === 'function' ? value.bind(target) : value]
  })
  return Object.fromEntries(methods) as Target
}
