/** A server to be attacked: a hub on HTTP/1.1 and on cleartext HTTP/2, and what it costs its process. */
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import { createHub, memory, SseError } from '@sse/server'
import { sse } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'
import { answerCalls } from './answer-calls.ts'
import { beats, clock } from './beats.ts'
import { mount } from './mount.ts'
import type { EngineName, Ports, Published, ServerParameters, ServerReport } from './server-parameters.ts'
import { frameworks } from './throwing/adapters.ts'

const parameters: ServerParameters = JSON.parse(process.argv[2] ?? '{}')
const errors: string[] = []
const { engine = 'memory', file = '', url = '' } = parameters
const engines: Readonly<Record<EngineName, () => ReturnType<typeof memory>>> = {
  memory: () => memory(),
  sqlite: () => sqlite(file),
  redis: () => redis(url),
  postgres: () => postgres(url),
}
const hub = createHub(beats, {
  engine: engines[engine](),
  onError: (error) => errors.push(String(error)),
  ...parameters.hub,
})

/** As an app does with what a client can choose. */
function checkOwner(owner: string): void {
  if (!/^[\w-]{1,64}$/.test(owner)) throw new SseError('owner_unknown', 'No such owner', { status: 404 })
}

/** The URL of a request of any framework. */
function urlOf(context: unknown): string {
  const { req, request, c, ctx } = context as Record<
    string,
    { url?: string; req?: { url: string } } | undefined
  >
  return (req ?? request ?? c?.req ?? ctx)?.url ?? ''
}

// The query `?durable` asks for a subscription with a subscriber.
const handler = mount(beats, parameters.stream ?? {}, ({ params: { owner }, lastEventId, req }) => {
  checkOwner(owner)
  return hub.subscribe([owner, 'everyone'], {
    after: lastEventId,
    identity: owner,
    subscriber: req.url?.includes('?durable') ? owner : undefined,
  })
})

const acknowledgements = sse(hub, { authorize: ({ params: { owner } }) => owner, channels: 'everyone' })
const serveNode: typeof handler = (req, res) =>
  req.url?.endsWith('/ack') ? acknowledgements(req, res) : handler(req, res)

/** The same stream as one mount of a framework. */
const mountFramework = frameworks[process.env.HOSTILE_FRAMEWORK ?? '']
const serve = (
  mountFramework
    ? await mountFramework(
        hub as never,
        {
          ...parameters.stream,
          authorize: ({ params: { owner } }: { params: { owner: string } }) => {
            checkOwner(owner)
            return owner
          },
          channels: ({ params: { owner } }: { params: { owner: string } }) => [owner, 'everyone'],
          subscriber: (context: { params: { owner: string } }) =>
            urlOf(context).includes('?durable') && context.params.owner,
          onError: () => {},
        } as never,
      )
    : serveNode
) as typeof serveNode

const PRELOAD_BATCH = 50
const SAMPLE_MS = 10
const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS })
delay.enable()
let peakRss = 0
let maxRssAtMark = 0
const sample = () => {
  const rss = process.memoryUsage.rss()
  if (rss > peakRss) peakRss = rss
  return rss
}
setInterval(sample, SAMPLE_MS).unref()

let publishing: ReturnType<typeof setInterval> | undefined
const published = { last: 0, rejected: [] as string[], slowestMs: 0 }
const inFlight = new Set<Promise<unknown>>()

/** Publishes every event that is due by now: a blocked event loop makes events late, never fewer. */
function publishDue(beginsAt: number, everyMs: number, bulk: string): void {
  const due = Math.floor((clock() - beginsAt) / everyMs)
  while (published.last < due) {
    published.last += 1
    const at = beginsAt + published.last * everyMs
    const publish = hub
      .publish('everyone', 'beat', { serial: published.last, at, bulk })
      .catch((error: unknown) => published.rejected.push(String(error)))
      .finally(() => {
        published.slowestMs = Math.max(published.slowestMs, clock() - at)
        inFlight.delete(publish)
      })
    inFlight.add(publish)
  }
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve))
  return (server.address() as AddressInfo).port
}

answerCalls({
  /** Fills the log, then listens. */
  async listen(): Promise<Ports> {
    const { lastEventId: oldId } = await hub.getState(() => undefined)
    const { count = 0, bytes = 0 } = parameters.preload ?? {}
    for (let stored = 0; stored < count; stored += PRELOAD_BATCH) {
      const batch = Math.min(PRELOAD_BATCH, count - stored)
      await Promise.all(
        Array.from({ length: batch }, () => hub.publish('everyone', 'bulk', 'x'.repeat(bytes))),
      )
    }
    const [http1, http2] = await Promise.all([listen(createServer(serve)), listen(createHttp2Server(serve))])
    return { http1, http2, oldId }
  },
  publish({ everyMs, bytes }: { everyMs: number; bytes: number }): void {
    const beginsAt = clock() - published.last * everyMs
    const bulk = 'x'.repeat(bytes)
    publishing = setInterval(() => publishDue(beginsAt, everyMs, bulk), everyMs)
  },
  async stopPublishing(): Promise<Published> {
    clearInterval(publishing)
    await Promise.all(inFlight)
    return published
  },
  /** Publishes events of these sizes in one turn; resolves with the messages of those that were rejected. */
  async burst(sizes: number[]): Promise<string[]> {
    const results = await Promise.allSettled(
      sizes.map((bytes) => hub.publish('burst', 'bulk', 'x'.repeat(bytes))),
    )
    return results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
  },
  /** Resolves with how long `hub.stats()` took at most, in milliseconds. */
  stats(rounds: number): number {
    let slowestMs = 0
    for (let round = 0; round < rounds; round += 1) {
      const from = clock()
      hub.stats()
      slowestMs = Math.max(slowestMs, clock() - from)
    }
    return slowestMs
  },
  /** Resolves with the committed id of a subscriber. */
  committed: (subscriber: string) => hub.committed(subscriber),
  /** Ends every connection of an identity. */
  revoke: (identity: string) => hub.revoke(identity),
  /** Starts a new measurement of memory and event loop. */
  mark(): void {
    globalThis.gc?.()
    delay.reset()
    peakRss = 0
    sample()
    maxRssAtMark = process.resourceUsage().maxRSS
  },
  async report(): Promise<ServerReport> {
    const loopDelayMs = delay.max / 1e6
    sample()
    // The operating system has seen peaks between two samples, if they were higher than all before.
    const maxRss = process.resourceUsage().maxRSS
    if (maxRss > maxRssAtMark) peakRss = Math.max(peakRss, maxRss * 1_024)
    globalThis.gc?.()
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
    const stats = hub.stats()
    return {
      rss,
      peakRss,
      heapUsed,
      arrayBuffers,
      loopDelayMs,
      stats,
      present: await hub.presence('everyone'),
      errors,
    }
  },
})
