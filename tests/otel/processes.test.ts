import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context } from '@opentelemetry/api'
import { defineStream, type } from '@sse/contract'
import { traceEvents } from '@sse/otel'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { startScript } from '@sse/test-support/script-process'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEngine } from './open-engine.ts'
import { startTraces } from './start-traces.ts'

const leads = defineStream({ path: '/leads/:owner', events: { lead: type<string>() } })
const PUBLISHER = new URL('publisher-process.ts', import.meta.url)

interface Published {
  readonly name: string
  readonly id: string
  readonly traceId: string
  readonly spanId: string
  readonly parent: string
}

const cleanups: (() => unknown)[] = []
const traces = startTraces()
const readers = new Map<string, StreamReader>()
let published: readonly Published[]

/** Each returns the address of a new, empty store; `undefined` if its server is not installed. */
const STORES: Record<string, () => Promise<string | undefined>> = {
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sse-otel-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    return join(folder, 'leads.db')
  },
  redis: async () => (hasRedis ? urlOf(RedisServer.start()) : undefined),
  nats: async () => (hasNats ? urlOf(NatsServer.start()) : undefined),
  postgres: async () => (hasPostgres ? urlOf(PostgresServer.start()) : undefined),
}

async function urlOf(starting: Promise<{ readonly url: string; stop(): Promise<unknown> }>): Promise<string> {
  const server = await starting
  cleanups.push(() => server.stop())
  return server.url
}

/** Opens a hub on an engine in this process, with a reader of one connection. */
async function follow(name: string, address: string): Promise<void> {
  const hub = createHub(leads, { engine: openEngine(name, address) })
  cleanups.push(() => hub.close())
  const handler = sse(hub, { authorize: () => true, channels: ({ params }) => params.owner })
  const server = await serve(handler as RequestListener)
  cleanups.push(() => server[Symbol.asyncDispose]())
  const reader = await StreamReader.open(`${server.origin}/leads/ada`)
  cleanups.push(() => reader.close())
  await reader.message('sse.open')
  readers.set(name, reader)
}

// One publisher for all engines: starting a process takes longer than everything else.
beforeAll(async () => {
  cleanups.push(traceEvents({ tracerProvider: traces.provider }))
  const started = await Promise.all(
    Object.entries(STORES).map(async ([name, start]) => ({ name, address: await start() })),
  )
  const targets: string[] = []
  for (const { name, address } of started) {
    if (address === undefined) continue
    await follow(name, address)
    targets.push(name, address)
  }
  const publisher = startScript(PUBLISHER, ...targets)
  cleanups.push(() => publisher.stop())
  expect(await publisher.done).toEqual([0, null])
  published = publisher.lines.map((line) => JSON.parse(line))
})
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
  context.disable()
})

it.each(Object.keys(STORES))(
  'a trace leads from a publish in another process to its delivery in this one, and not to the client: %s',
  async (name) => {
    const reader = readers.get(name)
    if (!reader) return // not installed
    const { id, traceId, spanId, parent } = published.find((each) => each.name === name) as Published
    await reader.until(({ events }) => events.length === 1)
    expect(parent).toBe(traceId)
    const linkOf = () =>
      traces.spans().find(({ links }) => links[0]?.attributes?.['messaging.message.id'] === id)
    const deliver = await until(linkOf)
    expect(deliver.name).toBe('deliver /leads/:owner')
    expect(deliver.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([[traceId, spanId]])
    expect(reader.payloads).toEqual(['from another process'])
    expect(reader.text).not.toContain(traceId)
  },
)
