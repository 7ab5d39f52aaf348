import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import Router from '@koa/router'
import { Controller } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import { defineStream, SseError, type } from '@sse/contract'
import { until } from '@sse/test-support/until'
import express from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { publishHandler as publishExpress } from '../adapters/express.ts'
import { publishHandler as publishFastify } from '../adapters/fastify.ts'
import { publishHandler as publishHono } from '../adapters/hono.ts'
import { publishHandler as publishKoa } from '../adapters/koa.ts'
import {
  listen,
  listenFastify,
  listenFetch,
  listenNest,
  type RunningServer,
} from '../fixtures/adapter-servers.ts'
import { fetchHttp2 } from '../fixtures/fetch-http2.ts'
import { RawClient } from '../fixtures/raw-client.ts'
import { scoped } from '../fixtures/server-scope.ts'
import { createHub, type Hub, memory, publishHandler as publishWeb } from '../index.ts'
import { publishHandler as publishNode } from '../node/node.ts'
import type { PublishOptions } from './options.ts'

const leads = defineStream({
  path: '/leads',
  channels: ['owner:{id}', 'everyone'],
  events: {
    lead: z.object({ id: z.string(), title: z.string() }),
    count: type<number>(),
    gone: type<undefined>(),
  },
})
type LeadHub = Hub<typeof leads>
type Options = PublishOptions<typeof leads, object>
const LEAD = { channel: 'owner:42', event: 'lead', payload: { id: '7', title: 'A roof in Lyon' } }

const HOSTS: {
  name: string
  start: (hub: LeadHub, options: Options) => Promise<RunningServer>
  fetch?: typeof fetchHttp2
}[] = [
  { name: 'node', start: (hub, options) => listen(createServer(publishNode(hub, options))) },
  {
    name: 'node http2',
    start: (hub, options) => listen(createHttp2Server(publishNode(hub, options))),
    fetch: fetchHttp2,
  },
  {
    name: 'express',
    start: (hub, options) => listen(createServer(express().all('/publish', publishExpress(hub, options)))),
  },
  {
    name: 'express, behind express.json()',
    start: (hub, options) =>
      listen(createServer(express().use(express.json()).all('/publish', publishExpress(hub, options)))),
  },
  {
    name: 'express, behind express.text()',
    start: (hub, options) =>
      listen(
        createServer(
          express()
            .use(express.text({ type: '*/*' }))
            .all('/publish', publishExpress(hub, options)),
        ),
      ),
  },
  {
    name: 'fastify',
    start: (hub, options) =>
      listenFastify(async (app) => {
        app.all('/publish', publishFastify(hub, options))
      }),
  },
  {
    name: 'koa',
    start: (hub, options) =>
      listen(
        createServer(
          new Koa().use(new Router().all('/publish', publishKoa(hub, options)).routes()).callback(),
        ),
      ),
  },
  {
    name: 'hono',
    start: (hub, options) => listenFetch(new Hono().all('/publish', publishHono(hub, options)).fetch),
  },
  {
    name: 'hono, after a middleware has read the body',
    start: (hub, options) =>
      listenFetch(
        new Hono()
          .use(async (c, next) => {
            await c.req.json().catch(() => {})
            await next()
          })
          .all('/publish', publishHono(hub, options)).fetch,
      ),
  },
  { name: 'web', start: (hub, options) => listenFetch(publishWeb(hub, options)) },
  {
    name: 'nest on express, by app.use',
    start: (hub, options) => {
      @Controller()
      class Nothing {}
      const adapter = new ExpressAdapter()
      adapter.getInstance().use('/publish', publishExpress(hub, options))
      return listenNest(Nothing, adapter)
    },
  },
]

const hubs: LeadHub[] = []

describe.each(HOSTS)('publishHandler on $name', ({ name, start, fetch: request = fetch }) => {
  async function open(options: Partial<Options> = {}) {
    const hub = createHub(leads)
    hubs.push(hub)
    const errors: unknown[] = []
    const onError = (error: unknown) => void errors.push(error)
    const { origin } = await scoped(start(hub, { authorize: () => 'crm', onError, ...options }))
    const post = async (body: unknown, headers: Record<string, string> = {}) => {
      const response = await request(`${origin}/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      // What a framework's own parser refuses has the framework's own answer.
      return { status: response.status, answer: text.startsWith('{') ? JSON.parse(text) : text }
    }
    const stored = async () => {
      const found: unknown[] = []
      const { lastEventId } = await hub.getState(() => undefined)
      if (hub.stats().published === 0) return found
      for await (const { event, payload, id } of hub.subscribe(['owner:42', 'everyone'], {
        from: 'oldest',
      })) {
        found.push([event, payload])
        if (id === lastEventId) break
      }
      return found
    }
    return { hub, origin, post, stored, errors }
  }

  it('stores one event, and answers with its id', async () => {
    const { hub, post, stored } = await open()
    const { status, answer } = await post(LEAD)
    expect(status).toBe(200)
    expect(answer).toEqual({ ids: [(await hub.getState(() => 0)).lastEventId] })
    expect(await stored()).toEqual([['lead', LEAD.payload]])
  })

  it('stores a list of events in its order, and answers with their ids', async () => {
    const { post, stored } = await open()
    const count = { channel: 'everyone', event: 'count', payload: 2, key: 'sum' }
    const { answer } = await post([LEAD, count, { channel: 'everyone', event: 'gone' }])
    expect(new Set(answer.ids).size).toBe(3)
    expect(await stored()).toEqual([
      ['lead', LEAD.payload],
      ['count', 2],
      ['gone', undefined],
    ])
  })

  it('stores a request that is repeated with its Idempotency-Key once, and answers with the same ids', async () => {
    const { post, stored } = await open()
    const events = [LEAD, { ...LEAD, payload: { id: '8', title: 'Two windows' } }]
    const first = await post(events, { 'idempotency-key': 'import 1' })
    expect(await post(events, { 'idempotency-key': 'import 1' })).toEqual(first)
    expect(await post({ ...LEAD, idempotencyKey: 'import 1#0' })).toEqual({
      status: 200,
      answer: { ids: first.answer.ids.slice(0, 1) },
    })
    expect(await stored()).toHaveLength(2)
  })

  it('stores nothing of a list with a wrong event, and says which one and why', async () => {
    const { post, stored, errors } = await open()
    for (const [wrong, problem] of [
      [{ ...LEAD, payload: { id: 7, title: 'x' } }, /^events\[1\]: Event "lead".*id/],
      [{ ...LEAD, event: 'leed' }, /^events\[1\]: .*no event "leed"/],
      [{ ...LEAD, event: '__proto__' }, /no event "__proto__"/],
      [{ ...LEAD, channel: 'ower:42' }, /^events\[1\]: .*ower:42/],
      [{ ...LEAD, channel: 'x'.repeat(300) }, /^events\[1\]: .*256 characters/],
      [{ ...LEAD, channel: 'sse.control' }, /^events\[1\]: /],
      [{ ...LEAD, channel: 42 }, /channel must be a string/],
      [{ ...LEAD, event: undefined }, /event must be a string; it is missing/],
      [{ ...LEAD, key: '' }, /key/],
      [{ ...LEAD, idempotencyKey: 'a\nb' }, /idempotencyKey/],
      [{ ...LEAD, paylod: 1 }, /"paylod" is not known; an event has channel/],
      [[LEAD], /an event is an object/],
      [null, /an event is an object/],
      [{ ...LEAD, event: 'count', payload: 'x'.repeat(1_048_600) }, /maxEventBytes|larger|too large/],
    ] as const) {
      const { status, answer } = await post([LEAD, wrong])
      expect([413, 422]).toContain(status)
      if (status === 422)
        expect(answer).toMatchObject({ code: 'publish_invalid', message: expect.stringMatching(problem) })
    }
    expect(await stored()).toEqual([])
    expect(errors.filter((error) => !(error instanceof SseError))).toEqual([])
  })

  it('refuses bodies that are not JSON, before it reads them as far as it can', async () => {
    const { origin, post, stored } = await open()
    for (const body of ['', '{', '[', '{"channel":"everyone"', 'null,', '<p>']) {
      expect((await post(body)).status, body).toBe(name.includes('json()') && body === '' ? 422 : 400)
    }
    expect((await post('[]')).answer).toMatchObject({ code: 'body_invalid' })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
      'application/jsonx',
    ]) {
      const response = await request(`${origin}/publish`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(LEAD),
      })
      expect(response.status, type).toBe(415)
    }
    expect(await stored()).toEqual([])
  })

  it('refuses lists that are too long, and keys that are too long or that two places name', async () => {
    const { post, stored } = await open()
    const many = Array.from({ length: 1_001 }, () => ({ channel: 'everyone', event: 'count', payload: 1 }))
    expect(await post(many)).toMatchObject({ status: 413, answer: { code: 'body_too_large' } })
    for (const key of ['k'.repeat(252), '\u00e9\u0001'.slice(0, 1).repeat(300)]) {
      expect(await post(LEAD, { 'idempotency-key': key })).toMatchObject({ status: 422 })
    }
    const both = await post({ ...LEAD, idempotencyKey: 'a' }, { 'idempotency-key': 'b' })
    expect(both).toMatchObject({
      status: 422,
      answer: { message: expect.stringContaining('use one of them') },
    })
    expect(await stored()).toEqual([])
  })

  it('admits nobody whom authorize does not, and reads no body of theirs', async () => {
    for (const [answer, status] of [
      [null, 401],
      [undefined, 401],
      [false, 403],
      [new Response(), 500],
      [{}, 500],
    ] as const) {
      const { post, stored } = await open({ authorize: () => answer as never })
      expect((await post(LEAD)).status).toBe(status)
      expect(await stored()).toEqual([])
    }
    const { post, errors } = await open({
      authorize: () => {
        throw new Error('the database is down: password hunter2')
      },
    })
    const refused = await post(LEAD)
    expect(refused.status).toBe(500)
    expect(JSON.stringify(refused.answer)).not.toContain('hunter2')
    expect(errors).toHaveLength(1)
  })

  it('asks allows for each event, with the identity, before any of them is stored', async () => {
    const allows = vi.fn<NonNullable<Options['allows']>>(
      ({ channel, event }) => event === 'lead' && channel === 'owner:42',
    )
    const { post, stored } = await open({ authorize: () => ({ id: 'crm' }), allows })
    expect((await post([LEAD, LEAD])).status).toBe(200)
    expect(allows.mock.calls[0]?.[1]).toMatchObject({ identity: { id: 'crm' } })
    const refused = await post([LEAD, { ...LEAD, channel: 'owner:43' }])
    expect(refused).toMatchObject({
      status: 403,
      answer: { code: 'forbidden', message: expect.stringContaining('events[1]') },
    })
    for (const wrong of [undefined, 1, 'yes', {}]) {
      const other = await open({ allows: () => wrong as never })
      expect((await other.post(LEAD)).status).toBe(403)
    }
    const throwing = await open({
      allows: () => {
        throw new Error('secret')
      },
    })
    expect((await throwing.post(LEAD)).status).toBe(500)
    expect(await stored()).toHaveLength(2)
  })

  it('takes POST only', async () => {
    const { origin } = await open()
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await request(`${origin}/publish`, { method })
      expect(response.status, method).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
      await response.body?.cancel()
    }
  })
})

describe('publishHandler', () => {
  it('is not made without a hub and a function that authorizes', () => {
    const hub = createHub(leads)
    const options = { authorize: () => true as const }
    for (const make of [
      () => publishNode({} as never, options),
      () => publishNode(hub, {} as never),
      () => publishNode(hub, undefined as never),
      () => publishNode(hub, { ...options, allows: true as never }),
      () => publishNode(hub, { ...options, maxBodyBytes: 0 }),
      () => publishNode(hub, { ...options, bodyTimeoutMs: Number.NaN }),
    ]) {
      expect(make).toThrow(expect.objectContaining({ code: 'option_invalid' }))
    }
  })

  it('answers 503 with Retry-After while the engine is down, and a repeated request is stored once', async () => {
    const engine = memory()
    const append = engine.append.bind(engine)
    let isDown = true
    engine.append = async (...given: Parameters<typeof append>) => {
      const result = await append(...given)
      if (isDown) throw new Error('connection lost to 10.0.0.7')
      return result
    }
    const hub = createHub(leads, { engine, onError: () => {} })
    hubs.push(hub)
    const { origin } = await scoped(
      listen(createServer(publishNode(hub, { authorize: () => true, onError: () => {} }))),
    )
    const send = () =>
      fetch(origin, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
        body: JSON.stringify(LEAD),
      })
    const failed = await send()
    expect(failed.status).toBe(503)
    expect(await failed.text()).not.toContain('10.0.0.7')
    isDown = false
    const again = await send()
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ ids: [(await hub.getState(() => 0)).lastEventId] })
    expect((await hub.getState(() => 0)).lastEventId).toMatch(/-1$/)
  })

  it('refuses a body over the limit without reading the rest, and closes that connection', async () => {
    const hub = createHub(leads)
    hubs.push(hub)
    const options = { authorize: () => true as const, maxBodyBytes: 1_000, onError: () => {} }
    const { origin } = await scoped(listen(createServer(publishNode(hub, options))))
    const client = new RawClient(origin)
    client.socket.write(
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    const writing = setInterval(() => client.socket.write(`400\r\n${' '.repeat(1_024)}\r\n`), 5)
    expect(await client.until((text) => text.includes('body_too_large'))).toMatch(
      /^HTTP\/1.1 413[\s\S]*connection: close/i,
    )
    await client.until()
    clearInterval(writing)
  })

  it('refuses a body that does not arrive in time, and forgets one whose client leaves', async () => {
    const hub = createHub(leads)
    hubs.push(hub)
    const errors: unknown[] = []
    const options = {
      authorize: () => true as const,
      bodyTimeoutMs: 100,
      onError: (error: unknown) => void errors.push(error),
    }
    const { origin } = await scoped(listen(createServer(publishNode(hub, options))))
    const head =
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"a'
    const slow = new RawClient(origin)
    slow.socket.write(head)
    expect(await slow.until((text) => text.includes('}'))).toMatch(/^HTTP\/1.1 408[\s\S]*stalled/)
    const leaving = new RawClient(origin)
    leaving.socket.write(head, () => leaving.socket.destroy())
    await until(() => errors.length === 2)
    expect(errors[1]).toMatchObject({ code: 'client_gone' })
    expect(hub.stats().published).toBe(0)
  })

  it('refuses bytes that are not UTF-8, and survives nesting without end', async () => {
    const hub = createHub(leads)
    hubs.push(hub)
    const { origin } = await scoped(
      listen(createServer(publishNode(hub, { authorize: () => true, onError: () => {} }))),
    )
    const send = (body: BodyInit) =>
      fetch(origin, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const bytes = new Uint8Array(
      [...new TextEncoder().encode(JSON.stringify(LEAD))].map((byte) => (byte === 76 ? 0xff : byte)),
    )
    expect((await send(bytes)).status).toBe(400)
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    expect(
      (await send(`{"channel":"everyone","event":"count","payload":${deep}}`)).status,
    ).toBeGreaterThanOrEqual(400)
    expect((await send(JSON.stringify(LEAD))).status).toBe(200)
  })
})
