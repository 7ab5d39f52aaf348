import { SseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { sse } from '../index.ts'

const ask = async (authorize: () => unknown, onError = vi.fn()) => {
  let identity: unknown = 'never started'
  const handler = sse({ authorize: authorize as () => true, onError }, (context) => {
    identity = context.identity
    return [{ data: 1 }]
  })
  const response = await handler(new Request('http://a/'))
  return { response, text: await response.text(), identity, onError }
}

describe('authorize', () => {
  it.each([[true], ['ada'], [{ id: 'ada' }], [{ id: 7, name: 'Ada' }], [{ id: 0 }], ['é'.repeat(256)]])(
    'admits with %j, which becomes the identity of the context',
    async (answer) => {
      for (const authorize of [() => answer, async () => answer]) {
        const { response, identity } = await ask(authorize)
        expect(response.status).toBe(200)
        expect(identity).toBe(answer)
      }
    },
  )

  it.each([
    [false, 403, 'forbidden'],
    [null, 401, 'unauthorized'],
    [undefined, 401, 'unauthorized'],
    ['', 401, 'unauthorized'],
    [0, 401, 'unauthorized'],
    [Number.NaN, 401, 'unauthorized'],
    [0n, 401, 'unauthorized'],
  ])('refuses with %s: %i %s', async (answer, status, code) => {
    for (const authorize of [() => answer, async () => answer]) {
      const { response, text, identity } = await ask(authorize)
      expect(response.status).toBe(status)
      expect(JSON.parse(text)).toMatchObject({ code })
      expect(identity).toBe('never started')
    }
  })

  it.each([
    ['a Response', new Response(null, { status: 403 }), 'an object (Response) without a usable id'],
    ['a number', 5, 'a number'],
    ['a bigint', 5n, 'a bigint'],
    ['a function', () => true, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['an object', {}, 'an object without a usable id'],
    ['an object without prototype', Object.create(null), 'an object without a usable id'],
    ['an array', [{ id: 'ada' }], 'an object (Array) without a usable id'],
    ['an empty id', { id: '' }, 'without a usable id'],
    ['an undefined id', { id: undefined }, 'without a usable id'],
    ['a NaN id', { id: Number.NaN }, 'without a usable id'],
    ['an object as id', { id: {} }, 'without a usable id'],
    ['true as id', { id: true }, 'without a usable id'],
    [
      'an identity without an id and a time',
      { identity: {}, expiresAt: Date.now() + 9_000 },
      'without a usable id',
    ],
    ['a time without an identity', { expiresAt: Date.now() + 9_000 }, 'without a usable id'],
    ['a time in seconds', { identity: 'ada', expiresAt: Date.now() / 1_000 + 9 }, 'milliseconds'],
    ['a time that is none', { identity: 'ada', expiresAt: new Date('never') }, 'milliseconds'],
    ['a time as text', { identity: 'ada', expiresAt: '2100-01-01' }, 'milliseconds'],
  ])('never admits with %s, and reports what it returned', async (_, answer, shown) => {
    for (const authorize of [() => answer, async () => answer]) {
      const { response, text, identity, onError } = await ask(authorize)
      expect(response.status).toBe(500)
      expect(JSON.parse(text)).toEqual({ code: 'internal', message: 'Internal error' })
      expect(identity).toBe('never started')
      expect(onError).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(shown) }),
        expect.anything(),
      )
    }
  })

  it.each([
    ['an id of 257 characters', { id: 'x'.repeat(257) }],
    ['a string of 257 characters', 'x'.repeat(257)],
    ['a control character', 'a\nb'],
    ['half a surrogate pair', 'a\ud83d'],
  ])('answers 400 name_invalid for %s, which came from the client', async (_, answer) => {
    const { response, text, identity } = await ask(() => answer)
    expect(response.status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ code: 'name_invalid' })
    expect(identity).toBe('never started')
  })

  it.each([
    ['a Date', new Date(Date.now() + 60_000)],
    ['milliseconds', Date.now() + 60_000],
    ['undefined', undefined],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('admits an identity until a time, given as %s', async (_, expiresAt) => {
    for (const admitted of ['ada', { id: 7 }, true]) {
      const { response, identity } = await ask(() => ({ identity: admitted, expiresAt }))
      expect(response.status).toBe(200)
      expect(identity).toBe(admitted)
    }
  })

  it.each([
    ['a time that is over', { identity: 'ada', expiresAt: Date.now() - 1 }, 401],
    ['a time of 0', { identity: 'ada', expiresAt: 0 }, 401],
    ['no identity', { identity: null, expiresAt: Date.now() + 9_000 }, 401],
    ['false instead of an identity', { identity: false, expiresAt: Date.now() + 9_000 }, 403],
  ])('refuses with %s', async (_, answer, status) => {
    expect((await ask(() => answer)).response.status).toBe(status)
  })

  it('takes an object with an id for the identity, whatever else it contains', async () => {
    const session = { id: 'ada', identity: 'x', expiresAt: 1 }
    const { response, identity } = await ask(() => session)
    expect(response.status).toBe(200)
    expect(identity).toBe(session)
  })

  it('reports an id whose getter throws', async () => {
    const { response, onError } = await ask(() => ({
      get id() {
        throw new Error('lazy')
      },
    }))
    expect(response.status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ message: 'lazy' })
  })
})

describe('the answer to an error', () => {
  it.each([
    [new SseError('quota', 'Used up', { status: 429, retryAfterMs: 1_500 }), 429, 'quota', '2'],
    [new SseError('engine_unavailable', 'at 10.0.0.7', { retryAfterMs: 1_000 }), 503, 'internal', '1'],
    [new SseError('option_invalid', 'secret'), 500, 'internal', null],
    [
      new SseError('http_status', 'https://key@upstream said 401', { status: 401, retryAfterMs: 9_000 }),
      500,
      'internal',
      null,
    ],
    [new SseError('network', 'https://key@upstream'), 500, 'internal', null],
    [new Error('secret'), 500, 'internal', null],
    [{ code: 'quota', expose: true, status: 418 }, 500, 'internal', null],
  ])('%s has the status %i and the code %s', async (error, status, code, retryAfter) => {
    const { response, text } = await ask(() => Promise.reject(error))
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe(retryAfter)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(JSON.parse(text)).toMatchObject({ code })
    if (code === 'internal') expect(JSON.parse(text).message).toBe('Internal error')
  })

  it.each([200, 204, 304])('has the status 500 instead of %i', async (status) => {
    const { response, text } = await ask(() => Promise.reject(new SseError('done', 'x', { status })))
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toEqual({ code: 'done', message: 'x' })
  })
})

describe('onError', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('logger down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('logger down'))],
  ])('is guarded: what it %s is logged', async (_, onError) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { response } = await ask(() => null, vi.fn(onError) as never)
    expect(response.status).toBe(401)
    await vi.waitUntil(() => logged.mock.calls.length === 1)
    expect(logged.mock.calls[0]?.[0]).toMatchObject({ message: 'logger down' })
    logged.mockRestore()
  })
})
