import { defineStream, type } from '@sse/contract'
import { parseEvents } from '@sse/test-support/parse-events'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sse } from '../index.ts'
import { type Dialect, defineDialect } from './index.ts'

const stream = defineStream({ path: '/', events: { count: type<number>() } })

const hostile = fc.constantFrom<() => unknown>(
  () => {
    throw new Error('dialect')
  },
  () => Promise.reject(new Error('dialect')),
  () =>
    Object.defineProperty({}, 'data', {
      get() {
        throw new Error('dialect')
      },
    }),
  () => new Proxy({}, { get: () => Symbol('dialect') }),
  () => ({ data: { toJSON: () => undefined } }),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\r', '\n\n', '\0', 'a\ndata: b', '', 'id: 1'),
)
const event = fc.record(
  { event: text, data: fc.anything(), id: text, retry: fc.integer() },
  { requiredKeys: [] },
)
const returned = fc.oneof(
  fc.anything().map((value) => () => value),
  event.map((value) => () => value),
  fc.array(event).map((value) => () => value),
  hostile,
)
const functions = fc.record(
  { end: returned, error: returned, gap: returned, close: returned, heartbeat: returned },
  { requiredKeys: [] },
)

it('a dialect that returns anything leaves the app’s events as they are, and everything after them is whole frames', async () => {
  await fc.assert(
    fc.asyncProperty(functions, fc.boolean(), async (given, fails) => {
      const errors: unknown[] = []
      const handler = sse(
        stream,
        { dialect: defineDialect(given as Dialect), onError: (error) => errors.push(error) },
        async function* ({ event }) {
          yield event('count', 1)
          yield event('count', 2)
          if (fails) throw new Error('source')
        },
      )
      const response = await handler(new Request('http://a/'))
      const body = await response.text().catch(() => undefined)
      if (body === undefined) {
        // Cut off: there was no event for the failure.
        expect(fails).toBe(true)
        return
      }
      const own = ':\nevent: count\ndata: 1\n\nevent: count\ndata: 2\n\n'
      expect(body.slice(0, own.length)).toBe(own)
      const rest = body.slice(own.length)
      expect(rest).not.toContain('\r')
      expect(rest).toMatch(/^(\n|[^\n].*\n)*$/)
      // An unfinished frame would take this one in.
      const last = parseEvents(`${rest}event: last\ndata: intact\n\n`).at(-1)
      expect(last).toMatchObject({ event: 'last', data: 'intact' })
      if (fails) expect(errors).toContainEqual(new Error('source'))
    }),
    { numRuns: 500 },
  )
})
