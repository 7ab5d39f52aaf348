import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from '@redocly/openapi-core'
import { defineStream, text, type } from '@sse/contract'
import { createEventEncoder } from '@sse/contract/protocol'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type as ark } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type OpenApiDocument, type StreamInput, toOpenApi } from './index.ts'

const info = { title: 'Leads', version: '1.0.0', license: { name: 'MIT', identifier: 'MIT' } }
const servers = [{ url: 'https://api.acme.test' }]
const security = [{ session: [] }]
const securitySchemes = { session: { type: 'apiKey', in: 'cookie', name: 'session' } }

interface Tree {
  id: number
  children: Tree[]
}
const tree: z.ZodType<Tree> = z.object({ id: z.number(), children: z.array(z.lazy(() => tree)) })

const leads = defineStream({
  path: '/leads/:owner',
  channels: ['owner:{owner}'],
  events: {
    lead: z.object({ id: z.string(), title: z.string(), price: z.number().optional() }),
    count: toStandardJsonSchema(v.pipe(v.number(), v.integer())),
    'lead.moved': ark({ from: 'string', to: 'string' }),
    tree,
    row: text(),
  },
})
const answers = defineStream({
  path: '/answers/:id',
  events: { message: z.union([z.string(), z.object({ done: z.literal(true) })]) },
})

/** What Redocly finds, with the rules it recommends. */
async function lint(document: OpenApiDocument) {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintDocument({
    document: makeDocumentFromString(JSON.stringify(document), 'openapi.json'),
    externalRefResolver: new BaseResolver(),
    config,
  })
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`,
  )
}

interface Content {
  content: Record<string, { itemSchema?: object; schema?: object }>
}

/** The schema that each event of a stream is described by, ready to validate. */
function itemValidator(document: OpenApiDocument, path: string) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  const { paths } = document as never as {
    paths: Record<string, { get: { responses: Record<number, Content> } }>
  }
  const media = paths[path]!.get.responses[200]!.content['text/event-stream']!
  ajv.addSchema({ $id: 'document:', components: document.components })
  const absolute = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll('"#/components/', '"document:#/components/'))
  const item = ajv.compile(absolute(media.itemSchema ?? media.schema) as object)
  interface Variants {
    [of: string]: { title: string; properties: { data: { contentSchema?: object } } }[]
  }
  const described = absolute(media.itemSchema ?? media.schema) as Variants
  const payloads = described.oneOf ?? described.anyOf ?? []
  return (fields: Record<string, string>) => {
    if (!item(fields)) return false
    const variant = payloads.find(({ title }) => title === (fields.event ?? 'message'))
    const schema = variant?.properties.data.contentSchema
    return schema === undefined || ajv.validate(schema, JSON.parse(fields.data as string)) === true
  }
}

/** The fields of a frame, as a reader of the standard sees them. */
function fieldsOf(frame: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const line of frame.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
    if (name) fields[name] = name in fields ? `${fields[name]}\n${value}` : (value as string)
  }
  return fields
}

describe('toOpenApi', () => {
  const document = toOpenApi(
    [leads, { contract: answers, serves: 'runs', starts: true, tags: ['answers'] }],
    { info, servers, security, securitySchemes },
  )

  it('passes the recommended rules of Redocly, in both versions', async () => {
    expect(await lint(document)).toEqual([])
    const older = toOpenApi([leads, { contract: answers, serves: 'runs' }], {
      ...{ info, servers, security, securitySchemes },
      version: '3.1',
    })
    expect(older.openapi).toBe('3.1.1')
    expect(JSON.stringify(older)).not.toContain('itemSchema')
    expect(await lint(older)).toEqual([])
  })

  it('describes the requests beside a stream: those of a hub, those of runs, none of a source', () => {
    expect(Object.keys(document.paths as object)).toEqual([
      '/leads/{owner}',
      '/leads/{owner}/ack',
      '/answers/{id}',
      '/answers/{id}/stop',
      '/answers/{id}/status',
    ])
    const source = toOpenApi([{ contract: leads, serves: 'source' }], { info })
    expect(Object.keys(source.paths as object)).toEqual(['/leads/{owner}'])
    const root = toOpenApi([defineStream({ path: '/', channels: ['a'], events: { a: z.string() } })], {
      info,
    })
    expect(Object.keys(root.paths as object)).toEqual(['/', '/ack'])
  })

  it('has every reference that it makes, also of recursive schemas', () => {
    const { components } = document as never as { components: Record<string, Record<string, unknown>> }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"/]+)/g)]
    expect(references.length).toBeGreaterThan(10)
    for (const [, kind = '', name = ''] of references) expect(components[kind]).toHaveProperty([name])
    expect(JSON.stringify(document)).not.toMatch(/\$defs|"\$ref":"#"/)
  })

  it('is the same text for the same input', () => {
    const make = () => JSON.stringify(toOpenApi([leads, answers], { info }))
    expect(make()).toBe(make())
  })

  it('describes what the encoder sends, and nothing with another payload', () => {
    const isDescribed = itemValidator(document, '/leads/{owner}')
    const event = createEventEncoder(leads, 1e6)
    const good = [
      event('lead', { id: '7', title: 'Ada' }, { id: 'a-1' }),
      event('count', 3),
      event('lead.moved', { from: 'a', to: 'b' }),
      event('tree', { id: 1, children: [{ id: 2, children: [] }] }),
      event('row', '<tr>\n</tr>'),
    ]
    for (const { frame } of good) expect(isDescribed(fieldsOf(frame)), frame).toBe(true)
    const wrong = [
      { event: 'lead', data: '{"id":7,"title":"Ada"}' },
      { event: 'lead', data: '{"title":"Ada"}' },
      { event: 'count', data: '1.5' },
      { event: 'tree', data: '{"id":1,"children":[{"id":"2","children":[]}]}' },
      { event: 'lead.moved', data: '{"from":"a"}' },
      { event: 'leed', data: '{}' },
      { data: '{}' },
    ]
    for (const fields of wrong) expect(isDescribed(fields), fields.data).toBe(false)
    expect(isDescribed({ event: 'sse.open', data: '', id: 'a-1' })).toBe(true)
    const isAnswer = itemValidator(document, '/answers/{id}')
    expect(isAnswer({ data: '"text"' })).toBe(true)
    expect(isAnswer({ data: '7' })).toBe(false)
  })

  it('for random contracts: an event that is sent is described, and one of another shape is not', () => {
    const leaf = fc.constantFrom(
      { schema: z.string(), good: fc.string(), bad: fc.integer() },
      { schema: z.number(), good: fc.double({ noNaN: true, noDefaultInfinity: true }), bad: fc.string() },
      { schema: z.boolean(), good: fc.boolean(), bad: fc.string() },
      {
        schema: z.array(z.string()),
        good: fc.array(fc.string()),
        bad: fc.array(fc.integer(), { minLength: 1 }),
      },
      { schema: z.enum(['a', 'b']), good: fc.constantFrom('a', 'b'), bad: fc.constant('c') },
      { schema: z.null(), good: fc.constant(null), bad: fc.constant(0) },
    )
    const member = fc.constantFrom(
      'id',
      '$ref',
      'const',
      'enum',
      '__proto__x',
      'constructor',
      'default',
      'a/b~c',
      '家',
    )
    const name = fc.oneof(
      fc.constantFrom('message', 'lead', 'lead.moved', 'constructor', 'a b', '家', '$defs'),
      fc.string({ minLength: 1, maxLength: 20 }),
    )
    fc.assert(
      fc.property(fc.gen(), fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), (gen, names) => {
        const events: Record<string, z.ZodType> = Object.create(null)
        const samples: [string, unknown, unknown][] = []
        for (const event of names) {
          const { schema, good, bad } = gen(() => leaf)
          const key = gen(() => member)
          events[event] = z.object({ [key]: schema })
          samples.push([event, { [key]: gen(() => good as never) }, { [key]: gen(() => bad as never) }])
        }
        let contract: ReturnType<typeof defineStream>
        try {
          contract = defineStream({ path: '/x', events: { ...events } })
        } catch {
          return // a name that no contract may have
        }
        const isDescribed = itemValidator(toOpenApi([contract], { info }), '/x')
        const encode = createEventEncoder(contract, 1e6) as (
          name: string,
          payload: unknown,
        ) => { frame: string }
        for (const [event, good, bad] of samples) {
          expect(isDescribed(fieldsOf(encode(event, good).frame))).toBe(true)
          expect(isDescribed({ event, data: JSON.stringify(bad) })).toBe(false)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('warns of payloads that no document can describe, and allows any value for them', () => {
    const onWarning = vi.fn()
    const vague = defineStream({
      path: '/vague',
      events: {
        typed: type<{ id: string }>(),
        plain: v.number(),
        date: z.date(),
        length: z.string().transform((value) => value.length),
        fine: z.string(),
      },
    })
    const described = toOpenApi([vague], { info, onWarning })
    expect(onWarning.mock.calls.map(([{ event }]) => event)).toEqual(['typed', 'plain', 'date', 'length'])
    expect(onWarning.mock.calls.map(([{ message }]) => message).join('\n')).toMatch(
      /type<T>\(\) exists for the compiler only[\s\S]*toStandardJsonSchema\(\)[\s\S]*Date[\s\S]*output is JSON/,
    )
    expect(itemValidator(described, '/vague')({ event: 'typed', data: '7' })).toBe(true)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    toOpenApi([vague], { info })
    expect(warn).toHaveBeenCalledTimes(4)
    warn.mockRestore()
  })

  it('keeps the schemas of two contracts apart, whatever their names', () => {
    const one = defineStream({
      path: '/a/b',
      events: { lead: z.string(), Lead: z.number(), 'le-ad': z.boolean() },
    })
    const two = defineStream({ path: '/a-b', events: { lead: z.null() } })
    expect(() => toOpenApi([one, two], { info })).toThrow('are one path in a document')
    const other = defineStream({ path: '/other', events: { lead: z.null() } })
    const isDescribed = itemValidator(toOpenApi([one, other], { info }), '/a/b')
    expect(isDescribed({ event: 'lead', data: '"a"' })).toBe(true)
    expect(isDescribed({ event: 'Lead', data: '1' })).toBe(true)
    expect(isDescribed({ event: 'le-ad', data: 'true' })).toBe(true)
    expect(isDescribed({ event: 'lead', data: '1' })).toBe(false)
  })

  it.each([
    ['no contracts', [], { info }],
    ['something that is no contract', [{ path: 1 }], { info }],
    ['one path twice', [leads, defineStream({ path: '/leads/:owner', events: { a: z.string() } })], { info }],
    ['no info', [leads], {}],
    ['another version', [leads], { info, version: '2.0' }],
  ])('refuses %s', (_, streams, options) => {
    expect(() => toOpenApi(streams as StreamInput[], options as never)).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })
})
