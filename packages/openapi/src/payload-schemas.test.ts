import { defineStream, type StreamContract, text, type } from '@sse/contract'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type as ark, scope } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { describedItems } from './fixtures/described-items.ts'
import { type DocumentWarning, type OpenApiDocument, toAsyncApi, toOpenApi } from './index.ts'

const info = { title: 'Leads', version: '1.0.0' }
const schemasOf = (document: object) =>
  (document as { components: { schemas: Record<string, object> } }).components.schemas

function describeStream(contract: StreamContract) {
  const warnings: DocumentWarning[] = []
  const document = toOpenApi([contract], { info, onWarning: (warning) => warnings.push(warning) })
  return { document, warnings, isDescribed: describedItems(document, contract.path) }
}

/** Every reference of a document points to something in it. */
function expectResolved(document: OpenApiDocument) {
  const text = JSON.stringify(document)
  expect(text).not.toMatch(/"\$(defs|id|schema)"|"definitions"|"\$ref":"#(\/\$defs|\/definitions|")/)
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"/]+)/g)) {
    expect(schemasOf(document)).toHaveProperty([name])
  }
}

/** A schema of a library that describes it by `output`. */
function described<Schema extends z.ZodType>(schema: Schema, output: () => object): Schema {
  return { '~standard': { ...schema['~standard'], jsonSchema: { output } } } as never
}

interface Tree {
  id: number
  children: Tree[]
}
const zodTree: z.ZodType<Tree> = z.object({ id: z.number(), children: z.array(z.lazy(() => zodTree)) })
const valibotTree: v.GenericSchema<Tree> = v.object({
  id: v.number(),
  children: v.array(v.lazy(() => valibotTree)),
})
const { Tree: arkTree } = scope({ Tree: { id: 'number', children: 'Tree[]' } }).export()

describe('a recursive schema', () => {
  it.each([
    ['zod', zodTree],
    ['valibot', toStandardJsonSchema(valibotTree)],
    ['arktype', arkTree],
    ['zod, inside another one', z.object({ id: z.number(), children: z.array(zodTree) })],
    ['zod, with an id', zodTree.meta({ id: 'ZodTree' })],
  ])('of %s is described to its last level', (_, tree) => {
    const { document, isDescribed, warnings } = describeStream(defineStream({ path: '/x', events: { tree } }))
    expectResolved(document)
    expect(warnings).toEqual([])
    const deep = (id: unknown) => ({ id: 1, children: [{ id: 2, children: [{ id, children: [] }] }] })
    expect(isDescribed({ event: 'tree', data: JSON.stringify(deep(3)) })).toBe(true)
    expect(isDescribed({ event: 'tree', data: JSON.stringify(deep('3')) })).toBe(false)
  })

  it('has names that do not depend on what a library has numbered before', () => {
    const names = () => {
      const { Tree } = scope({ Tree: { id: 'number', children: 'Tree[]' } }).export()
      const contract = defineStream({ path: '/x', events: { tree: Tree } })
      return Object.keys(schemasOf(describeStream(contract).document))
    }
    const first = names()
    ark({ something: { else: 'string[]' } })
    expect(names()).toEqual(first)
    expect(first).toEqual(['Refusal', 'XTree', 'XTreePart1'])
  })
})

describe('a schema with an id', () => {
  const lead = z.object({ id: z.string() }).meta({ id: 'Lead' })
  const created = defineStream({ path: '/created', events: { lead, both: z.tuple([lead, lead]) } })
  const moved = defineStream({ path: '/moved', events: { moved: z.object({ lead, to: z.string() }) } })

  it('is one component of this name, in all events and contracts', () => {
    const document = toOpenApi([created, moved], { info })
    expect(Object.keys(schemasOf(document))).toEqual(['Refusal', 'Lead', 'CreatedBoth', 'MovedMoved'])
    expectResolved(document)
    expect(Object.keys(schemasOf(toAsyncApi([created, moved], { info })))).toEqual([
      'Lead',
      'CreatedBoth',
      'MovedMoved',
    ])
  })

  it('gets another name if that one has another meaning in the document', () => {
    const define = (path: '/one' | '/two', lead: z.ZodType, type: string) => {
      const Lead = { type: 'object', properties: { a: { type } } }
      const given = {
        type: 'object',
        properties: { lead: { $ref: '#/$defs/Lead' }, other: { $ref: '#/$defs/Refusal' } },
        $defs: { Lead, Refusal: Lead },
      }
      return defineStream({ path, events: { lead: described(z.object({ lead }), () => given) } })
    }
    const one = define('/one', z.object({ a: z.string() }), 'string')
    const other = define('/two', z.object({ a: z.number() }), 'number')
    const document = toOpenApi([one, other, created], { info })
    expectResolved(document)
    const [isOne, isOther, isThird] = ['/one', '/two', '/created'].map((path) =>
      describedItems(document, path),
    )
    const of = (a: unknown) => ({ event: 'lead', data: JSON.stringify({ lead: { a } }) })
    expect([isOne?.(of('a')), isOne?.(of(1)), isOther?.(of('a')), isOther?.(of(1))]).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect(isThird?.({ event: 'lead', data: '{"id":"7"}' })).toBe(true)
    expect(Object.keys(schemasOf(document)).filter((name) => name === 'Refusal')).toHaveLength(1)
  })

  it('may have an id that is no key of a document', () => {
    const odd = z.object({ a: z.string() }).meta({ id: 'a/b Lead~x%' })
    const contract = defineStream({ path: '/x', events: { odd: z.array(odd) } })
    const { document, isDescribed } = describeStream(contract)
    expect(Object.keys(schemasOf(document))).toEqual(['Refusal', 'XOdd', 'ABLeadXU25'])
    expect(isDescribed({ event: 'odd', data: '[{"a":""}]' })).toBe(true)
    expect(isDescribed({ event: 'odd', data: '[{"a":1}]' })).toBe(false)
  })
})

it('keeps data that looks like a reference, and properties that are called like keywords', () => {
  const odd = z.object({
    $ref: z.literal('#/$defs/a'),
    const: z.object({ $ref: z.string() }),
    $id: z.string(),
    definitions: z.number().default(1),
  })
  const contract = defineStream({ path: '/x', events: { odd } })
  const { isDescribed } = describeStream(contract)
  const good = { $ref: '#/$defs/a', const: { $ref: 'x' }, $id: 'y', definitions: 1 }
  expect(isDescribed({ event: 'odd', data: JSON.stringify(good) })).toBe(true)
  for (const key of Object.keys(good)) {
    expect(isDescribed({ event: 'odd', data: JSON.stringify({ ...good, [key]: false }) }), key).toBe(false)
  }
})

it('describes a text as a string that is no JSON', () => {
  const { document, isDescribed } = describeStream(defineStream({ path: '/x', events: { row: text() } }))
  expect(isDescribed({ event: 'row', data: '<tr>' })).toBe(true)
  expect(JSON.stringify(document.paths)).toContain('{"event":{"const":"row"},"data":{"type":"string"}}')
})

describe('a payload without JSON Schema', () => {
  const vague = defineStream({
    path: '/vague',
    events: {
      typed: type<{ id: string }>(),
      plain: v.number(),
      date: z.date(),
      length: z.string().transform((value) => value.length),
      part: z.object({ id: z.string(), at: z.date() }),
      valibot: toStandardJsonSchema(v.object({ id: v.string(), at: v.date() })),
      arktype: ark({ id: 'string', at: 'Date' }),
      fine: z.string(),
    },
  })

  it('is reported by contract and event, with what to do', () => {
    const { warnings } = describeStream(vague)
    expect(warnings.map(({ path, event, message }) => `${path} ${event}: ${message}`)).toEqual([
      '/vague typed: type<T>() exists for the compiler only, so the document allows any value: use a schema of zod, valibot or arktype',
      '/vague plain: the schema (valibot) does not give its JSON Schema, so the document allows any value: use zod 4.2, arktype 2.1.28, or valibot with toStandardJsonSchema()',
      ...[
        ['date', 'Date cannot be represented in JSON Schema'],
        ['length', 'Transforms cannot be represented in JSON Schema'],
        ['part', 'Date cannot be represented in JSON Schema'],
        ['valibot', 'The "date" schema cannot be converted to JSON Schema'],
        ['arktype', 'JSON Schema has no date'],
      ].map(
        ([event, problem]) =>
          `/vague ${event}: ${problem}, so the document allows any value there: use a schema whose output is JSON, such as a string for a date`,
      ),
    ])
  })

  it('is any value, and the rest of it and of the document are described', () => {
    const { isDescribed } = describeStream(vague)
    for (const event of ['typed', 'plain', 'date', 'length']) {
      expect(isDescribed({ event, data: '{"any":1}' }), event).toBe(true)
    }
    for (const event of ['part', 'valibot', 'arktype']) {
      expect(isDescribed({ event, data: '{"id":"7","at":"2026-01-01"}' }), event).toBe(true)
      expect(isDescribed({ event, data: '{"id":7,"at":"2026-01-01"}' }), event).toBe(false)
    }
    expect(isDescribed({ event: 'fine', data: '7' })).toBe(false)
  })

  it('is any value when its library throws at every attempt', () => {
    const broken = described(z.string(), () => {
      throw new Error('out of order.')
    })
    const { warnings, isDescribed } = describeStream(defineStream({ path: '/x', events: { broken } }))
    expect(warnings[0]?.message).toMatch(/^out of order, so the document allows any value for the event: /)
    expect(isDescribed({ event: 'broken', data: '7' })).toBe(true)
  })

  it('is reported on the console by default', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    toOpenApi([vague], { info })
    expect(warn).toHaveBeenCalledTimes(7)
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^\/vague, event "typed": type<T>\(\)/))
    warn.mockRestore()
  })
})
