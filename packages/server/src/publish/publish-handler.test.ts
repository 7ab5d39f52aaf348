import { SseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { PUBLISH_MOUNTS, type TestPublishOptions } from '../fixtures/publish-mounts.ts'
import { scoped } from '../fixtures/server-scope.ts'
import type { HubOptions } from '../index.ts'
import { memory } from '../memory/memory-engine.ts'

const ONE = { channel: 'ada', event: 'count', payload: 1 }
const JSON_TYPE = { 'content-type': 'application/json' }

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: text as string }
}

describe.each(PUBLISH_MOUNTS)('publishHandler on $name', ({ start, fetch, isParsed }) => {
  const open = async (options: Partial<TestPublishOptions> = {}, hubOptions: HubOptions = {}) => {
    const hub = testHub(hubOptions)
    const { origin } = await scoped(
      start(hub, { authorize: () => ({ id: 'crm' }), onError: () => {}, ...options }),
    )
    const ask = (init: RequestInit) => fetch(`${origin}/publish`, init)
    /** Status and body of the answer. */
    const answer = async (init: RequestInit) => {
      const response = await ask(init)
      return { status: response.status, ...((await response.json()) as object) }
    }
    return { hub, ask, answer }
  }
  type OpenedHub = Awaited<ReturnType<typeof open>>['hub']
  /** Everything that was published on a channel, up to an event that this publishes. */
  const published = async (hub: OpenedHub, channel = 'ada') => {
    await hub.publish(channel, 'text', 'last')
    const payloads: unknown[] = []
    for await (const { payload } of hub.subscribe(channel, { from: 'oldest' })) {
      if (payload === 'last') break
      payloads.push(payload)
    }
    return payloads
  }

  it('publishes an event, and answers with its id', async () => {
    const { hub, ask } = await open()
    const response = await ask(post(ONE))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { ids } = await response.json()
    expect(await published(hub)).toEqual([1])
    for await (const { id } of hub.subscribe('ada', { from: 'oldest' })) {
      expect(ids).toEqual([id])
      break
    }
  })

  it('publishes an array in its order, and answers with all ids', async () => {
    const { hub, answer } = await open()
    const events = Array.from({ length: 300 }, (_, n) => ({ ...ONE, payload: n, key: `key ${n}` }))
    const { ids } = (await answer(post(events))) as unknown as { ids: string[] }
    expect(new Set(ids).size).toBe(300)
    expect(await published(hub)).toEqual(events.map(({ payload }) => payload))
  })

  it('stores a repeated request once, and answers with the same ids', async () => {
    const { hub, answer } = await open()
    const key = { 'idempotency-key': 'import 7' }
    const batch = [ONE, { ...ONE, payload: 2 }, { ...ONE, channel: 'ben' }]
    const first = await answer(post(batch, key))
    expect(first).toMatchObject({
      status: 200,
      ids: [expect.any(String), expect.any(String), expect.any(String)],
    })
    expect(await answer(post(batch, key))).toEqual(first)
    expect(await answer(post(batch, { 'idempotency-key': 'import 8' }))).not.toEqual(first)
    expect(await published(hub)).toEqual([1, 2, 1, 2])
  })

  it('checks every event before it publishes any, and names the one that is wrong', async () => {
    const { hub, answer } = await open()
    const wrong: [event: unknown, status: number, code: string, message: string][] = [
      [
        { ...ONE, event: 'cuont' },
        422,
        'event_unknown',
        '[1]: Stream "/leads/:owner" has no event "cuont"; it has "count", "text"',
      ],
      [{ ...ONE, channel: '' }, 422, 'channel_invalid', '[1]: '],
      [{ ...ONE, channel: 'sse.control' }, 422, 'channel_invalid', '[1]: '],
      [
        { ...ONE, chanel: 'ada' },
        400,
        'publish_invalid',
        '[1]: An event has no member "chanel", only channel, event, payload, key and idempotencyKey',
      ],
      [{ event: 'count', payload: 1 }, 400, 'publish_invalid', '[1]: channel must be a string'],
      [{ ...ONE, key: 1 }, 400, 'publish_invalid', '[1]: key must be a string'],
      [{ ...ONE, key: '\n' }, 400, 'publish_invalid', '[1]: '],
      [7, 400, 'publish_invalid', '[1]: An event is an object'],
      [
        { ...ONE, event: 'text', payload: 'x'.repeat(2_000) },
        413,
        'payload_too_large',
        '[1]: Event "text" has at least',
      ],
    ]
    const small = await open({}, { maxEventBytes: 1_000 })
    for (const [event, status, code, message] of wrong) {
      const answered = await small.answer(post([ONE, event]))
      expect(answered).toMatchObject({ status, code, message: expect.stringContaining(message) })
    }
    expect(await published(small.hub)).toEqual([])
    expect(await answer(post([]))).toMatchObject({ status: 400, code: 'publish_invalid' })
    const many = Array.from({ length: 1_001 }, () => ONE)
    expect(await answer(post(many))).toMatchObject({ status: 400, code: 'publish_invalid' })
    expect(await published(hub)).toEqual([])
  })

  it('refuses a number that would change: a whole one beyond 2^53', async () => {
    const { hub, answer } = await open()
    const body = '{"channel":"ada","event":"count","payload":12345678901234567890}'
    expect(await answer(post(body))).toMatchObject({ status: 400, code: 'publish_invalid' })
    expect(await published(hub)).toEqual([])
  })

  it('refuses whom authorize does not admit, and fails closed', async () => {
    const cases: [answer: unknown, status: number, code: string][] = [
      [null, 401, 'unauthorized'],
      [undefined, 401, 'unauthorized'],
      [false, 403, 'forbidden'],
      [1, 500, 'internal'],
      [new Response(), 500, 'internal'],
    ]
    for (const [given, status, code] of cases) {
      const { hub, answer } = await open({ authorize: () => given as null })
      expect(await answer(post(ONE))).toMatchObject({ status, code })
      expect(await published(hub)).toEqual([])
    }
    const failures: (() => never)[] = [
      () => {
        throw new Error('the password is hunter2')
      },
      (() => Promise.reject(new Error('the password is hunter2'))) as () => never,
    ]
    for (const authorize of failures) {
      const { answer } = await open({ authorize })
      expect(await answer(post(ONE))).toEqual({ status: 500, code: 'internal', message: 'Internal error' })
    }
    const { answer } = await open({
      authorize: () => {
        throw new SseError('plan_required', 'Upgrade first', { status: 402 })
      },
    })
    expect(await answer(post(ONE))).toEqual({ status: 402, code: 'plan_required', message: 'Upgrade first' })
  })

  it('publishes nothing of a request of which allow does not return true for each event', async () => {
    const allow = vi.fn(({ channel, event, identity }) => {
      if (channel === 'odd') return 'yes' as never
      return (identity as { id: string }).id === 'crm' && event === 'count' && channel === 'ada'
    })
    const { hub, answer } = await open({ allow })
    expect(await answer(post(ONE))).toMatchObject({ status: 200 })
    expect(await answer(post([ONE, { ...ONE, channel: 'ben' }]))).toEqual({
      status: 403,
      code: 'forbidden',
      message: '[1]: You may not publish "count" on "ben"',
    })
    expect(await answer(post({ ...ONE, event: 'text', payload: 'x' }))).toMatchObject({ status: 403 })
    expect(await answer(post({ ...ONE, channel: 'odd' }))).toMatchObject({ status: 500, code: 'internal' })
    expect(await published(hub)).toEqual([1])
    for (const failing of [
      () => {
        throw new Error('the password is hunter2')
      },
      () => Promise.reject(new Error('the password is hunter2')),
    ]) {
      const broken = await open({ allow: failing })
      const answered = await broken.answer(post(ONE))
      expect(answered).toEqual({ status: 500, code: 'internal', message: 'Internal error' })
      expect(await published(broken.hub)).toEqual([])
    }
  })

  it('keeps the idempotency keys of two identities apart', async () => {
    let id = 'crm'
    const { hub, answer } = await open({ authorize: () => ({ id }) })
    const key = { 'idempotency-key': '1' }
    const first = await answer(post(ONE, key))
    id = 'billing'
    expect(await answer(post({ ...ONE, payload: 2 }, key))).not.toEqual(first)
    expect(await published(hub)).toEqual([1, 2])
  })

  it('takes a key of each event too, in place of that of the request', async () => {
    const { hub, answer } = await open()
    const own = { ...ONE, idempotencyKey: 'row 7' }
    const first = await answer(post(own))
    expect(await answer(post([own, { ...ONE, payload: 2 }], { 'idempotency-key': '1' }))).toMatchObject({
      ids: [...(first as unknown as { ids: string[] }).ids, expect.any(String)],
    })
    expect(await answer(post({ ...ONE, idempotencyKey: '' }))).toMatchObject({ status: 400 })
    expect(await published(hub)).toEqual([1, 2])
  })

  it('publishes nothing for a request that a page of another origin can send without asking', async () => {
    const authorize = vi.fn(() => true as const)
    const { hub, ask } = await open({ authorize })
    const body = JSON.stringify(ONE)
    for (const type of [
      'text/plain',
      'text/plain; x=application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      '',
    ]) {
      const response = await ask({ method: 'POST', headers: { 'content-type': type }, body })
      expect([400, 415]).toContain(response.status)
      await response.text()
    }
    expect(await published(hub)).toEqual([])
  })

  it('answers 503 with Retry-After while the engine is down, without what it said', async () => {
    const engine = memory()
    engine.append = () =>
      Promise.reject(new SseError('engine_unavailable', 'redis://:hunter2@10.0.0.1 is down'))
    const { ask } = await open({}, { engine, onError: () => {} })
    const response = await ask(post(ONE))
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
    expect(await response.json()).toEqual({ code: 'internal', message: 'Internal error' })
  })

  it('stores a batch with one append, or nothing of it', async () => {
    const engine = memory()
    const append = engine.append.bind(engine)
    const sizes: number[] = []
    engine.append = (entries) => {
      sizes.push(entries.length)
      return append(entries)
    }
    const { hub, answer } = await open({}, { engine })
    const others = Array.from({ length: 900 }, () => hub.publish('ben', 'count', 0))
    const answered = answer(post(Array.from({ length: 300 }, () => ONE)))
    await Promise.all(others)
    expect(await answered).toMatchObject({ status: 200 })
    expect(sizes.at(-1)).toBe(300)
  })

  // A parser of the framework answers these itself.
  if (!isParsed)
    it('refuses bodies that are not JSON, not UTF-8, nested too deeply, or have a key twice', async () => {
      const { hub, answer } = await open({ maxBodyBytes: 10_000 })
      const bodies: [body: string | Uint8Array, status: number, code: string, message: RegExp][] = [
        ['', 400, 'publish_invalid', /not valid JSON/],
        ['{"channel":"ada"', 400, 'publish_invalid', /not valid JSON/],
        ['{"secret":hunter2}', 400, 'publish_invalid', /^The body is not valid JSON(, at character \d+)?$/],
        ['null', 400, 'publish_invalid', /An event is an object/],
        [new Uint8Array([0x22, 0xff, 0x22]), 400, 'publish_invalid', /not UTF-8/],
        [
          '[{"channel":"ada","channel":"ben","event":"count","payload":1}]',
          400,
          'publish_invalid',
          /"channel" occurs twice/,
        ],
        [
          `{"channel":"ada","event":"count","payload":${'['.repeat(70)}${']'.repeat(70)}}`,
          400,
          'publish_invalid',
          /64 levels/,
        ],
        [`{"channel":"ada","event":"count","payload":1e999}`, 400, 'publish_invalid', /1e999/],
        [`"${'x'.repeat(10_000)}"`, 413, 'body_too_large', /10000 bytes/],
      ]
      for (const [body, status, code, message] of bodies) {
        expect(await answer(post(body))).toEqual({ status, code, message: expect.stringMatching(message) })
      }
      expect(await answer(post(ONE, { 'idempotency-key': 'x'.repeat(257) }))).toMatchObject({
        status: 400,
        code: 'publish_invalid',
      })
      expect(await published(hub)).toEqual([])
    })
})

it('answers other methods with 405, and a body in another encoding with 415', async () => {
  const { origin } = await scoped(
    (PUBLISH_MOUNTS[0] as (typeof PUBLISH_MOUNTS)[0]).start(testHub(), { authorize: () => true }),
  )
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await fetch(origin, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  }
  const response = await fetch(origin, post(ONE, { 'content-encoding': 'gzip' }))
  expect([response.status, await response.json()]).toMatchObject([415, { code: 'content_type_unsupported' }])
})

it('throws at once for options that are wrong', async () => {
  const hub = testHub()
  const start = (options: object, target: unknown = hub) =>
    (PUBLISH_MOUNTS[0] as (typeof PUBLISH_MOUNTS)[0]).start(target as never, options as never)
  const authorize = () => true
  for (const [options, message] of [
    [{}, 'authorize is required'],
    [{ authorize: true }, 'authorize must be a function'],
    [{ authorize, allow: 'leads' }, 'allow must be a function'],
    [{ authorize, maxBodyBytes: 0 }, 'maxBodyBytes must be'],
    [{ authorize, bodyTimeoutMs: -1 }, 'bodyTimeoutMs must be'],
  ] as const) {
    expect(() => start(options)).toThrow(message)
  }
  expect(() => start({ authorize }, {})).toThrow('the first argument must be a hub')
})
