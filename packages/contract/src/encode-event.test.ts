import { type as arktype } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStream } from './define-stream.ts'
import { createEventEncoder } from './encode-event.ts'
import { isSseError } from './error.ts'
import { type } from './schema.ts'

const MEGABYTE = 1_048_576
const events = {
  lead: z.object({ id: z.string(), score: z.number().default(0) }),
  text: type<string>(),
  any: type<unknown>(),
}
const event = createEventEncoder(defineStream({ path: '/leads', events }), MEGABYTE)

function codeOf(task: () => unknown): unknown {
  try {
    task()
  } catch (error) {
    return isSseError(error) ? error.code : error
  }
  return 'nothing thrown'
}

describe('an event', () => {
  it('is its name and its payload as JSON', () => {
    expect(event('text', 'a\nb')).toMatchObject({ event: 'text', frame: 'event: text\ndata: "a\\nb"\n\n' })
  })

  it('carries id and retry when they are given, falsy ones too', () => {
    expect(event('text', 'a', { id: '0', retry: 0 }).frame).toBe(
      'id: 0\nretry: 0\nevent: text\ndata: "a"\n\n',
    )
  })

  it('named message has no event line, as the standard’s default', () => {
    const plain = createEventEncoder(
      defineStream({ path: '/', events: { message: type<number>() } }),
      MEGABYTE,
    )
    expect(plain('message', 1).frame).toBe('data: 1\n\n')
  })

  it('without a payload has empty data', () => {
    expect(event('any', undefined).frame).toBe('event: any\ndata: \n\n')
  })

  it.each([null, false, 0, ''])('with the payload %j keeps it', (payload) => {
    expect(event('any', payload).frame).toBe(`event: any\ndata: ${JSON.stringify(payload)}\n\n`)
  })

  it('leaves the payload as it was, frozen or not', () => {
    const payload = Object.freeze({ id: '1' })
    expect(event('lead', payload).frame).toBe('event: lead\ndata: {"id":"1","score":0}\n\n')
    expect(payload).toEqual({ id: '1' })
  })

  it.each(['leads', '', 'toString', '__proto__'])(
    'named %j is unknown, and those there are are listed',
    (name) => {
      expect(() => event(name as 'text', 'a')).toThrow(
        expect.objectContaining({
          code: 'event_unknown',
          message: expect.stringContaining('"lead", "text", "any"'),
        }),
      )
    },
  )
})

describe('the schema’s output is what is sent', () => {
  it.each([
    ['zod', z.object({ id: z.string() })],
    ['valibot', v.object({ id: v.string() })],
    ['arktype', arktype({ '+': 'delete', id: 'string' })],
  ])('%s strips the keys it does not know', (_, schema) => {
    const encode = createEventEncoder(defineStream({ path: '/leads', events: { lead: schema } }), MEGABYTE)
    const withSecret = { id: '1', passwordHash: 'x' }
    expect(encode('lead', withSecret).frame).toBe('event: lead\ndata: {"id":"1"}\n\n')
  })

  it.each([
    ['zod', z.object({ at: z.object({ id: z.string() }) })],
    ['valibot', v.object({ at: v.object({ id: v.string() }) })],
    ['arktype', arktype({ at: { id: 'string' } })],
  ])('%s refuses a payload, and says where', (_, schema) => {
    const encode = createEventEncoder(defineStream({ path: '/leads', events: { lead: schema } }), MEGABYTE)
    expect(() => encode('lead', { at: { id: 7 } } as never)).toThrow(
      expect.objectContaining({
        code: 'payload_invalid',
        message: expect.stringMatching(/^Event "lead": at\.id: /),
      }),
    )
  })

  it.each([
    ['an async refinement', z.string().refine(async () => true)],
    ['a promise that fails', { '~standard': { version: 1, vendor: 'x', validate: () => Promise.reject(1) } }],
    [
      'a promise of another library',
      // biome-ignore lint/suspicious/noThenProperty: that is what such a promise is
      { '~standard': { version: 1, vendor: 'x', validate: () => ({ then() {} }) } },
    ],
  ])('a schema with %s is refused: the order of events would depend on it', (_, schema) => {
    const encode = createEventEncoder(
      defineStream({ path: '/leads', events: { lead: schema as z.ZodString } }),
      MEGABYTE,
    )
    expect(codeOf(() => encode('lead', 'a'))).toBe('schema_async')
  })
})

describe('a payload that is not JSON', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle

  it.each([
    ['a cycle', cycle],
    ['a BigInt', { id: 1n }],
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['a toJSON that throws', { toJSON: () => JSON.parse('{') }],
    ['a toJSON that gives nothing', { toJSON: () => undefined }],
  ])('%s is refused before anything is written', (_, payload) => {
    expect(codeOf(() => event('any', payload))).toBe('payload_invalid')
  })
})

describe('maxEventBytes', () => {
  it.each([
    ['ASCII', 'a'],
    ['two bytes a character', 'é'],
    ['three bytes a character', '漢'],
    ['four bytes, two UTF-16 units', '😀'],
  ])('counts the frame in bytes, to the byte: %s', (_, character) => {
    const payload = character.repeat(50)
    const bytes = Buffer.byteLength(event('text', payload).frame)
    const withLimit = (limit: number) => () =>
      createEventEncoder(defineStream({ path: '/leads', events }), limit)('text', payload)
    expect(withLimit(bytes)().frame).toContain(payload)
    expect(codeOf(withLimit(bytes - 1))).toBe('payload_too_large')
    expect(withLimit(bytes - 1)).toThrow('raise the limit')
  })

  it('Infinity is no limit', () => {
    const encode = createEventEncoder(defineStream({ path: '/leads', events }), Number.POSITIVE_INFINITY)
    expect(encode('text', 'x'.repeat(MEGABYTE)).frame.length).toBeGreaterThan(MEGABYTE)
  })
})

it.each([{ id: 'a\nb' }, { id: 'a\0' }, { retry: 1.5 }, { id: 7 }])('options %j are refused', (options) => {
  expect(codeOf(() => event('text', 'a', options as { id: string }))).toBe('message_invalid')
})

it('none of these reaches a client: they are the developer’s', () => {
  try {
    event('text', 'a', { id: '\n' })
  } catch (error) {
    expect(isSseError(error) && error.expose).toBe(false)
  }
  expect.assertions(1)
})
