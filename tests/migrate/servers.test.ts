import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { connect as connectSocket } from 'node:net'
import { fastifySSE } from '@fastify/sse'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { serve } from '@sse/test-support/http-server'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { createSession } from 'better-sse'
import { EventSource } from 'eventsource'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Follow,
  followByConnect,
  followByEventSource,
  type Publish,
  readAround,
  shownBy,
  TITLES,
} from './leads.ts'
import { type MigrationPage, openPage } from './page.ts'

interface LeadServer {
  publish: Publish
  server?: Server
  app?: FastifyInstance
}

/** What a client gets that loses nothing. */
const ALL = ['before', 'missed', 'after']

const CLIENTS = [
  ['EventSource', followByEventSource],
  ['connect()', followByConnect],
] as const

/** Loads a page's server before and after, and closes both at the end of the group. */
function pageServers(name: string) {
  const loaded: LeadServer[] = []
  let page: MigrationPage
  beforeAll(async () => {
    page = await openPage(name)
  })
  afterAll(() => {
    for (const { app, server = app?.server } of loaded) {
      server?.close()
      server?.closeAllConnections()
    }
  })
  return {
    page: () => page,
    async open(file: 'before.ts' | 'after.ts' | 'both.ts') {
      const module = await page.load<LeadServer>(file)
      if (!loaded.includes(module)) loaded.push(module)
      return { ...module, baseUrl: page.origin(file) }
    },
  }
}

const LOSES = 'the old server loses what is published while a client is away, a hub keeps it'
const KEEPS = 'both servers keep what is published while a client is away'

describe.each([
  { name: 'better-sse', missed: 'loses' },
  { name: 'fastify-sse', missed: 'keeps' },
  { name: 'express', missed: 'loses' },
])('from $name', ({ name, missed }) => {
  const servers = pageServers(name)

  it.each(CLIENTS)('%s reads the same events from both servers', async (_client, follow) => {
    const [before, after] = [await servers.open('before.ts'), await servers.open('after.ts')]
    expect(await shownBy(follow, before.baseUrl, before.publish)).toEqual(TITLES)
    expect(await shownBy(follow, after.baseUrl, after.publish)).toEqual(TITLES)
  })

  it(missed === 'loses' ? LOSES : KEEPS, async () => {
    const [before, after] = [await servers.open('before.ts'), await servers.open('after.ts')]
    expect(await readAround(before)).toEqual(missed === 'loses' ? ['before', 'after'] : ALL)
    expect(await readAround(after)).toEqual(ALL)
  })

  it('an id of the old server is a gap for a hub', async () => {
    const { baseUrl } = await servers.open('after.ts')
    const reader = await StreamReader.open(`${baseUrl}/leads`, crypto.randomUUID())
    expect(JSON.parse((await reader.message('sse.gap')).data)).toMatchObject({ reason: 'epoch' })
    reader.close()
  })

  it.skipIf(name === 'fastify-sse')(
    'a client that does not read fills the old server, not a hub',
    async () => {
      const [before, after] = [await servers.open('before.ts'), await servers.open('after.ts')]
      expect(await pendingBytes(before)).toBeGreaterThan(2_000_000)
      expect(await pendingBytes(after)).toBeLessThan(1_000_000)
    },
  )
})

/** The bytes that wait for a client which reads nothing, after 8 MB were published. */
async function pendingBytes({ server, baseUrl, publish }: LeadServer & { baseUrl: string }): Promise<number> {
  const socket = connectSocket(Number(new URL(baseUrl).port), '127.0.0.1').pause()
  const request = once(server as Server, 'request')
  socket.write('GET /leads HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n')
  const [, response] = (await request) as [unknown, ServerResponse]
  await until(() => response.headersSent, 'the stream is open')
  const title = 'x'.repeat(64 * 1024)
  for (let id = 1; id <= 128; id++) await publish({ id, title })
  const pending = response.writableLength
  socket.destroy()
  return pending
}

describe('from better-sse', () => {
  const servers = pageServers('better-sse')

  it('one server serves both during the switch', async () => {
    const { baseUrl, publish } = await servers.open('both.ts')
    expect(await shownBy(followByEventSource, baseUrl, publish)).toEqual(TITLES)
    expect(await shownBy(followByEventSource, `${baseUrl}/v2`, publish)).toEqual(TITLES)
    expect(await shownBy(followByConnect, `${baseUrl}/v2`, publish)).toEqual(TITLES)
  })
})

describe('a line end in a name forges a second event', () => {
  const NAME = 'note\ndata: "forged"\n\nevent: lead'

  const eventsOf = async (origin: string) => {
    const reader = await StreamReader.open(origin)
    await reader.until(({ events }) => events.length === 2)
    reader.close()
    return reader.events.map(({ event, data }) => [event, data])
  }
  const forged = [
    ['note', '"forged"'],
    ['lead', '{"id":1}'],
  ]

  it('of better-sse', async () => {
    await using server = await serve(async (req, res) => {
      const session = await createSession(req, res)
      session.push({ id: 1 }, NAME)
    })
    expect(await eventsOf(server.origin)).toEqual(forged)
  })

  it('of @fastify/sse', async () => {
    const app = fastify({ forceCloseConnections: true })
    await app.register(fastifySSE)
    app.get('/', { sse: 'only' }, async (_request, reply) => {
      reply.sse.keepAlive()
      await reply.sse.send({ event: NAME, data: { id: 1 } })
    })
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(await eventsOf(origin)).toEqual(forged)
    await app.close()
  })
})

describe('from hono-stream-sse', () => {
  const servers = pageServers('hono-stream-sse')
  const percents = [0, 25, 50, 75, 100]
  const contract = defineStream({
    path: '/import/:job',
    events: { progress: type<{ job: string; percent: number }>() },
  })

  /** Reads an import as a page does, until the client has asked twice more after the end, or has stopped. */
  async function importBy(file: 'before.ts' | 'after.ts') {
    const { baseUrl } = await servers.open(file)
    const seen: unknown[] = []
    const source = new EventSource(`${baseUrl}/import/7`)
    source.addEventListener('progress', ({ data }) => seen.push(JSON.parse(data)))
    await until(() => seen.length > percents.length || source.readyState === source.CLOSED)
    source.close()
    return seen
  }

  const progress = percents.map((percent) => ({ job: '7', percent }))

  it('EventSource starts again after the end of streamSSE', async () => {
    expect(await importBy('before.ts')).toEqual([...progress, progress[0]])
  })

  it('EventSource stops after the end of the same stream here', async () => {
    expect(await importBy('after.ts')).toEqual(progress)
  })

  it('connect() reads the same events from both servers', async () => {
    for (const file of ['before.ts', 'after.ts'] as const) {
      const { baseUrl } = await servers.open(file)
      using feed = connect(contract, { baseUrl, params: { job: '7' } })
      const seen: unknown[] = []
      for await (const { payload } of feed) if (seen.push(payload) === percents.length) break
      expect(seen).toEqual(progress)
    }
  })
})

describe('from polling', () => {
  const servers = pageServers('polling')
  const follower = async (file: string, name = 'followLeads'): Promise<Follow> => {
    const module = await servers.page().load<Record<string, (...args: unknown[]) => never>>(file)
    return (baseUrl, show) => module[name]?.(baseUrl, show, 10) as never
  }

  it('the page that polls and the page that follows show the same leads', async () => {
    const [before, after] = [await servers.open('before.ts'), await servers.open('after.ts')]
    const poll = await follower('before-page.ts')
    const follow = await follower('after-page.ts')
    expect(await shownBy(poll, before.baseUrl, before.publish)).toEqual(TITLES)
    expect(await shownBy(poll, after.baseUrl, after.publish)).toEqual(TITLES)
    expect(await shownBy(follow, after.baseUrl, after.publish)).toEqual(TITLES)
  })

  it('a page that cannot follow polls', async () => {
    const before = await servers.open('before.ts')
    const followOrPoll = await follower('fallback.ts', 'followOrPoll')
    expect(await shownBy(followOrPoll, before.baseUrl, before.publish)).toEqual(TITLES)
  })
})
