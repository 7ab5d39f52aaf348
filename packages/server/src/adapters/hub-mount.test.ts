import { createServer } from 'node:http'
import { END_ID } from '@sse/contract/protocol'
import { StreamReader } from '@sse/test-support/stream-reader'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { MOUNTS, type TestHubOptions } from '../fixtures/hub-mounts.ts'
import { testHub } from '../fixtures/hub-server.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { sse as sseExpress } from './express.ts'

const OWNERS: TestHubOptions = {
  authorize: ({ params }) => params.owner !== 'nobody' && { id: params.owner },
  channels: ({ params }) => [params.owner, 'everyone'],
  onError: () => {},
}

describe.each(MOUNTS)('sse(hub) on $name', ({ name, start, fetch, isFrameworks404 }) => {
  const open = async (options: Partial<TestHubOptions> = {}, prefix?: string) => {
    const hub = testHub()
    const { origin } = await scoped(start(hub, { ...OWNERS, ...options }, prefix))
    const ask = (path: string, init?: RequestInit) => fetch(origin + path, init)
    const read = async (path: string, lastEventId?: string) => {
      const reader = await StreamReader.open(origin + path, lastEventId, fetch as typeof globalThis.fetch)
      return reader
    }
    return { hub, ask, read }
  }
  const post = (lastEventId?: string): RequestInit => ({
    method: 'POST',
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })

  it('streams the channels of the request, live and after the last event id, without further options', async () => {
    const { hub, read } = await open()
    const reader = await read('/leads/a%20da')
    await reader.message('sse.open')
    await hub.publish('a da', 'count', 1)
    await hub.publish('ben', 'count', 2)
    await hub.publish('everyone', 'count', 3)
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([1, 3])
    reader.close()
    const again = await read('/leads/a%20da', reader.events[0]?.id)
    await again.until(({ events }) => events.length === 1)
    expect(again.payloads).toEqual([3])
    again.close()
  })

  it('stores acknowledgements of the identity, with which a connection without an id resumes', async () => {
    const { hub, ask, read } = await open()
    const ids = await Promise.all([1, 2, 3].map((count) => hub.publish('ada', 'count', count)))
    const acked = await ask('/leads/ada/ack', post(ids[0]))
    expect(acked.status).toBe(204)
    expect(acked.headers.get('cache-control')).toBe('no-store')
    expect(await acked.text()).toBe('')
    expect(await hub.committed('ada')).toBe(ids[0])
    const reader = await read('/leads/ada')
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([2, 3])
    reader.close()
  })

  it('rejects an acknowledgement without an id, with an invalid one, and of another log', async () => {
    const { hub, ask } = await open()
    const id = await hub.publish('ada', 'count', 1)
    await ask('/leads/ada/ack', post(id))
    for (const [lastEventId, status, code] of [
      [undefined, 400, 'ack_invalid'],
      ['x'.repeat(1_025), 400, 'last_event_id_invalid'],
      ['other-1', 409, 'ack_invalid'],
    ] as const) {
      const response = await ask('/leads/ada/ack', post(lastEventId))
      expect(response.status).toBe(status)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.json()).toMatchObject({ code })
    }
    expect(await hub.committed('ada')).toBe(id)
  })

  it('does not take the id of an acknowledgement from the query, which an HTML form could send', async () => {
    const { ask } = await open()
    expect((await ask('/leads/ada/ack?lastEventId=a-1', post())).status).toBe(400)
  })

  it('refuses streams and acknowledgements that authorize does not admit', async () => {
    const channels = vi.fn(() => 'everyone')
    const { hub, ask } = await open({ channels })
    const id = await hub.publish('nobody', 'count', 1)
    for (const response of [await ask('/leads/nobody'), await ask('/leads/nobody/ack', post(id))]) {
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ code: 'forbidden' })
    }
    expect(channels).not.toHaveBeenCalled()
    expect(await hub.committed('nobody')).toBeUndefined()
  })

  it('answers HEAD, and 204 to a client that has seen the end', async () => {
    const { hub, ask } = await open()
    const head = await ask('/leads/ada', { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(head.headers.get('cache-control')).toBe('no-store')
    expect((await ask('/leads/ada', { headers: { 'last-event-id': END_ID } })).status).toBe(204)
    expect(hub.stats().connections).toBe(0)
  })

  it('leaves other paths alone', async () => {
    const { ask } = await open()
    const response = await ask('/other/ada')
    expect(response.status).toBe(404)
    const text = await response.text()
    if (!isFrameworks404) expect(JSON.parse(text)).toMatchObject({ code: 'not_found' })
    expect((await ask('/leads')).status).toBe(404)
  })

  // Fastify's own routes decide about methods.
  if (name !== 'fastify')
    it('answers other methods with 405 and the allowed ones', async () => {
      const { ask } = await open()
      for (const [method, path, allow] of [
        ['PUT', '/leads/ada', 'GET, HEAD'],
        ['POST', '/leads/ada', 'GET, HEAD'],
        ['GET', '/leads/ada/ack', 'POST'],
        ['PUT', '/leads/ada/ack', 'POST'],
      ] as const) {
        const response = await ask(path, { method })
        expect(response.status).toBe(405)
        expect(response.headers.get('allow')).toBe(allow)
        expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
      }
    })

  it('serves both under a prefix', async () => {
    const { hub, ask, read } = await open({}, '/api')
    const reader = await read('/api/leads/ada')
    await reader.message('sse.open')
    const id = await hub.publish('ada', 'count', 1)
    await reader.until(({ events }) => events.length === 1)
    expect((await ask('/api/leads/ada/ack', post(id))).status).toBe(204)
    reader.close()
  })
})

describe('sse(hub) on express', () => {
  it.each([
    ['left over from an earlier route: exactly', false, 404],
    ['its own: by its last segments', true, 200],
  ])('matches the path when the route is %s', async (_, isOwn, status) => {
    const hub = testHub()
    const mount = sseExpress(hub, OWNERS as never)
    const app = express().get(
      '/{*rest}',
      ...(isOwn ? [mount] : [(_req: unknown, _res: unknown, next: () => void) => next()]),
    )
    if (!isOwn) app.use(mount)
    const { origin } = await scoped(listen(createServer(app)))
    const response = await fetch(`${origin}/other/leads/ada`)
    expect(response.status).toBe(status)
    await response.body?.cancel()
  })
})
