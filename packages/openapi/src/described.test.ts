import { defineStream, type } from '@sse/contract'
import { createHub, memory, sse } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { parseEvents } from '@sse/test-support/parse-events'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { describedItems } from './fixtures/described-items.ts'
import { toOpenApi } from './index.ts'

const info = { title: 'Leads', version: '1.0.0' }

/** A schema with payloads that it accepts, and others that its wire form must not have. */
const payloads = fc.oneof(
  leaf(z.string(), fc.string(), fc.integer()),
  leaf(z.number(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string()),
  leaf(z.int().min(3), fc.integer({ min: 3 }), fc.integer({ max: 2 })),
  leaf(z.boolean(), fc.boolean(), fc.constant(null)),
  leaf(z.enum(['a', 'b']), fc.constantFrom('a', 'b'), fc.constant('c')),
  leaf(z.array(z.string()), fc.array(fc.string()), fc.array(fc.integer(), { minLength: 1 })),
  leaf(z.string().nullable(), fc.option(fc.string()), fc.boolean()),
  leaf(z.record(z.string(), z.number()), fc.dictionary(fc.string(), fc.nat()), fc.constant({ a: 'b' })),
)

function leaf(schema: z.ZodType, good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown>) {
  return fc.record({ schema: fc.constant(schema), good, bad })
}

const member = fc.oneof(
  fc.constantFrom(
    'id',
    '$ref',
    '$defs',
    'const',
    'enum',
    'constructor',
    'default',
    'properties',
    'a/b~c',
    '家',
  ),
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
)
const name = fc
  .oneof(
    fc.constantFrom(
      'message',
      'lead',
      'lead.moved',
      'constructor',
      '__proto__',
      'toString',
      'a b',
      '家',
      '$defs',
    ),
    fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
  )
  // The names that no contract may have.
  .filter((given) => !/^sse\.|^(open|error|gap)$|[\r\n\0]|\p{Surrogate}/u.test(given))

it('for random contracts, describes every event that the server sends, and none with another payload', async () => {
  const events = fc.uniqueArray(fc.record({ name, member, payload: payloads, isNested: fc.boolean() }), {
    selector: (event) => event.name,
    minLength: 1,
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(events, async (given) => {
      const wrap = ({ member, isNested }: (typeof given)[number], value: unknown) =>
        isNested ? { [member]: value } : value
      const contract = defineStream({
        path: '/x',
        events: Object.fromEntries(
          given.map((event) => [
            event.name,
            event.isNested ? z.object({ [event.member]: event.payload.schema }) : event.payload.schema,
          ]),
        ),
      })
      const isDescribed = describedItems(toOpenApi([contract], { info }), '/x')
      const handler = sse(contract, async function* ({ event }) {
        for (const each of given) yield event(each.name, wrap(each, each.payload.good) as never)
      })
      const sent = parseEvents(await (await handler(new Request('http://a/x'))).text())
      expect(sent.map(({ event }) => event)).toEqual([...given.map(({ name }) => name), 'sse.end'])
      for (const fields of sent) expect(isDescribed(fields), fields.data).toBe(true)
      for (const each of given) {
        const data = JSON.stringify(wrap(each, each.payload.bad))
        expect(isDescribed({ event: each.name, data }), data).toBe(false)
      }
    }),
    { numRuns: 30 },
  )
})

it('describes what is on the wire: the output of a schema that drops and completes members', async () => {
  const schema = z.object({ id: z.string(), kind: z.string().default('lead') })
  const contract = defineStream({ path: '/x', events: { lead: schema } })
  const isDescribed = describedItems(toOpenApi([contract], { info }), '/x')
  const handler = sse(contract, async function* ({ event }) {
    yield event('lead', { id: '7', secret: 'never sent' } as { id: string })
  })
  const [lead] = parseEvents(await (await handler(new Request('http://a/x'))).text())
  expect(lead?.data).toBe('{"id":"7","kind":"lead"}')
  expect(isDescribed({ event: 'lead', data: lead?.data ?? '' })).toBe(true)
  expect(isDescribed({ event: 'lead', data: '{"id":"7"}' })).toBe(false)
  expect(isDescribed({ event: 'lead', data: '{"id":"7","kind":"lead","secret":"x"}' })).toBe(false)
})

it('describes an event called message, which has no name on the wire', () => {
  const contract = defineStream({ path: '/x', events: { message: z.number(), other: z.string() } })
  const isDescribed = describedItems(toOpenApi([contract], { info }), '/x')
  expect(isDescribed({ data: '7' })).toBe(true)
  expect(isDescribed({ event: 'message', data: '7' })).toBe(true)
  expect(isDescribed({ data: '"7"' })).toBe(false)
  const unnamed = describedItems(
    toOpenApi([defineStream({ path: '/x', events: { a: z.number() } })], { info }),
    '/x',
  )
  expect(unnamed({ data: '7' })).toBe(false)
})

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string; content?: Media }> }>>
  components: { responses: Record<string, { content: Media }>; schemas: object }
}
type Media = Record<string, { schema: object; examples?: Record<string, unknown> }>

it('describes every answer of a hub and of runs: its status, its body, and its code among the examples', async () => {
  const inbox = defineStream({ path: '/inbox/:person', channels: ['{person}'], events: { note: z.string() } })
  const jobs = defineStream({ path: '/jobs/:id', events: { progress: z.number() } })
  const hub = createHub(inbox, { engine: memory() })
  const runs = createRuns(jobs, { engine: memory(), onError() {} })
  const authorize = ({ request }: { request: Request }) =>
    ({ ada: 'ada', eve: false })[request.headers.get('x-user') ?? ''] as string | false | undefined
  const mounts = {
    inbox: sse(hub, { authorize, onError() {}, channels: ({ params }) => params.person as 'ada' }),
    jobs: sse(runs, {
      authorize,
      onError() {},
      async *start({ event }: never) {
        yield (event as (name: 'progress', payload: number) => never)('progress', 1)
      },
    } as never),
  }
  const document = toOpenApi(
    [
      { contract: inbox, serves: 'hub' },
      { contract: jobs, serves: 'runs', starts: true },
    ],
    { info },
  ) as never as Described
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema({ $id: 'document:', components: document.components })
  const statuses = new Set<string>()

  async function ask(method: string, path: string, headers: Record<string, string> = {}) {
    const mount = path.startsWith('/inbox') ? mounts.inbox : mounts.jobs
    const abort = new AbortController()
    const user = { 'x-user': 'ada', ...headers }
    const response = await mount(
      new Request(`http://a${path}`, { method, headers: user, signal: abort.signal }),
    )
    const where = `${method} ${path} ${response.status}`
    statuses.add(where)
    const [, tail = ''] = /(\/ack|\/stop|\/status)?$/.exec(path) ?? []
    const key = `${path.startsWith('/inbox') ? '/inbox/{person}' : '/jobs/{id}'}${tail}`
    const operation = document.paths[key]?.[method.toLowerCase()]
    const described = operation?.responses[response.status] ?? operation?.responses.default
    expect(described, where).toBeDefined()
    const { content } = described?.$ref
      ? (document.components.responses[described.$ref.split('/').at(-1) ?? ''] as { content: Media })
      : (described as { content?: Media })
    const type = response.headers.get('content-type')?.split(';')[0] ?? ''
    expect(Object.keys(content ?? { '': 1 }), where).toEqual([type])
    if (type !== 'application/json') return void abort.abort()
    const body = (await response.json()) as { code?: string }
    const media = content?.['application/json']
    const schema = JSON.parse(JSON.stringify(media?.schema).replace('"#', '"document:#'))
    expect(ajv.validate(schema, body), `${where} ${JSON.stringify(body)}`).toBe(true)
    if (media?.examples) expect(Object.keys(media.examples), where).toContain(body.code)
  }

  const json = { 'content-type': 'application/json' }
  const id = await hub.publish('ada', 'note', 'hello')
  await ask('GET', '/inbox/ada')
  await ask('GET', '/inbox/ada', { 'last-event-id': 'sse.end' })
  await ask('GET', '/inbox/ada', { 'last-event-id': 'x'.repeat(2_000) })
  await ask('GET', '/inbox/ada', { 'x-user': 'eve' })
  await ask('GET', '/inbox/ada', { 'x-user': 'nobody' })
  await ask('POST', '/inbox/ada/ack', { ...json, 'last-event-id': id })
  await ask('POST', '/inbox/ada/ack', { ...json, 'last-event-id': 'other-1' })
  await ask('POST', '/inbox/ada/ack', json)
  await ask('POST', '/inbox/ada/ack', { ...json, 'x-user': 'eve' })
  await ask('GET', '/jobs/1')
  await ask('GET', '/jobs/1/status')
  await ask('POST', '/jobs/1', json)
  await ask('GET', '/jobs/1')
  await ask('POST', '/jobs/1/stop', json)
  await ask('POST', '/jobs/1/stop')
  await ask('GET', '/jobs/1/status')
  await hub.close()
  await runs.close()
  await ask('GET', '/inbox/ada')
  await ask('GET', '/jobs/1/status')
  const seen = [...statuses].map((line) => line.slice(-3))
  for (const status of ['200', '204', '400', '401', '403', '404', '409', '415', '503'])
    expect(seen).toContain(status)
})

it('allows any value for type<T>()', () => {
  const contract = defineStream({ path: '/x', events: { typed: type<string>() } })
  const isDescribed = describedItems(toOpenApi([contract], { info, onWarning() {} }), '/x')
  expect(isDescribed({ event: 'typed', data: '{"any":[1]}' })).toBe(true)
})
