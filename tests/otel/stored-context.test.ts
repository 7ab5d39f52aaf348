import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { context } from '@opentelemetry/api'
import { defineStream, type } from '@sse/contract'
import { traceEvents } from '@sse/otel'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterEach, expect, it } from 'vitest'
import { startTraces } from './start-traces.ts'

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  context.disable()
})

/** A traced hub on a new file, with a reader of one connection. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'sse-otel-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'leads.db')
  const traces = startTraces()
  cleanups.push(traceEvents({ tracerProvider: traces.provider }))
  const hub = createHub(leads, { engine: sqlite(file) })
  cleanups.push(() => hub.close())
  const handler = sse(hub, { authorize: () => true, channels: ({ params }) => params.owner })
  const server = await serve(handler as RequestListener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  const reader = await StreamReader.open(`${server.origin}/leads/ada`)
  cleanups.push(() => reader.close())
  await reader.message('sse.open')
  return { file, hub, reader, ...traces }
}

it('ignores what another program has written as a trace context, and delivers the event', async () => {
  const { file, reader, spans } = await start()
  const foreign = sqlite(file)
  const texts = [
    '',
    'x',
    '00-0-0-01',
    `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  ]
  const entry = { channel: 'ada', event: 'lead', data: '"x"' }
  await foreign.append(texts.map((traceparent) => ({ ...entry, traceparent })))
  await foreign.close()
  await reader.until(({ events }) => events.length === texts.length)
  expect(spans()).toEqual([])
})

it('covers publishIn, in the transaction of the app', async () => {
  const { file, hub, reader, tracer, spans } = await start()
  const db = new DatabaseSync(file)
  cleanups.push(() => db.close())
  await tracer.startActiveSpan('request', async (span) => {
    await hub.publishIn(db, 'ada', 'lead', 'one')
    span.end()
  })
  await reader.until(({ events }) => events.length === 1)
  const publish = spans().find(({ name }) => name === 'publish /leads/:owner')
  const deliver = await until(() => spans().find(({ name }) => name === 'deliver /leads/:owner'))
  expect(deliver.links[0]?.context.spanId).toBe(publish?.spanContext().spanId)
})
