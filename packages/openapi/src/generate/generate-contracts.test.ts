import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { defineStream, type StreamContract, text } from '@sse/contract'
import { isText, validate } from '@sse/contract/protocol'
import fc from 'fast-check'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toOpenApi } from '../index.ts'
import { type GenerateOptions, generateContracts } from './index.ts'

const info = { title: 'Leads', version: '1' }
let folder: string
beforeAll(() => {
  // Inside the package, so that a generated file finds what it imports.
  folder = mkdtempSync(join(fileURLToPath(new URL('../../node_modules/', import.meta.url)), '.generated-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A document with one stream for each path. */
function documentOf(media: Record<string, object>, components: object = {}, more: object = {}): object {
  const paths = Object.fromEntries(
    Object.entries(media).map(([path, content]) => [
      path,
      { get: { responses: { 200: { description: 'ok', content: { 'text/event-stream': content } } } } },
    ]),
  )
  return { openapi: '3.2.0', info, paths, components: { schemas: components }, ...more }
}

const event = (data: unknown, names?: object) => ({
  itemSchema: {
    type: 'object',
    properties: { event: names ?? { type: 'string' }, data, id: { type: 'string' } },
  },
})
const json = (contentSchema: unknown) => ({
  type: 'string',
  contentMediaType: 'application/json',
  contentSchema,
})

/** What the compiler says about files, with the strictest options. */
function compile(...codes: string[]): string[] {
  const files = codes.map((code, index) => {
    const file = join(folder, `contracts${index}.ts`)
    writeFileSync(file, code)
    return file
  })
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    customConditions: ['@sse/source'],
    allowImportingTsExtensions: true,
    types: [],
  })
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

let files = 0
/** Loads a generated file as an app does. */
async function load(code: string): Promise<Record<string, StreamContract>> {
  const file = join(folder, `loaded${files++}.ts`)
  writeFileSync(file, code)
  return import(/* @vite-ignore */ pathToFileURL(file).href)
}

const shapeOf = ({ path, events, heartbeatMs }: StreamContract) => ({
  path,
  heartbeatMs,
  events: Object.entries(events).map(([name, schema]) => [name, isText(schema) ? 'text' : 'json']),
})

const LEAD = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, name: { type: 'string' } },
}

describe('generateContracts', () => {
  it('reads the four shapes of a document: named events, unnamed ones, plain data, and a bare payload', async () => {
    const { code } = await generateContracts(
      documentOf(
        {
          '/named': {
            itemSchema: {
              type: 'object',
              properties: { event: { type: 'string' }, data: { type: 'string' } },
              oneOf: [
                {
                  properties: { event: { const: 'lead' }, data: json({ $ref: '#/components/schemas/Lead' }) },
                },
                { properties: { event: { enum: ['a', 'b'] }, data: json({ type: 'number' }) } },
                { properties: { event: { const: 'row' }, data: { contentMediaType: 'text/html' } } },
              ],
            },
          },
          '/unnamed': event(json({ $ref: '#/components/schemas/Lead' })),
          '/data': event({ $ref: '#/components/schemas/Lead' }, { enum: ['lead'] }),
          '/bare': { itemSchema: { $ref: '#/components/schemas/Lead' } },
          '/schema': { schema: { $ref: '#/components/schemas/Lead' } },
        },
        { Lead: LEAD },
      ),
    )
    expect(compile(code)).toEqual([])
    const contracts = await load(code)
    expect(
      Object.entries(contracts)
        .sort()
        .map(([name, contract]) => [name, shapeOf(contract).events]),
    ).toEqual([
      ['bare', [['message', 'json']]],
      ['data', [['lead', 'json']]],
      [
        'named',
        [
          ['lead', 'json'],
          ['a', 'json'],
          ['b', 'json'],
          ['row', 'text'],
        ],
      ],
      ['schema', [['message', 'json']]],
      ['unnamed', [['message', 'json']]],
    ])
  })

  it('gives back the contracts that toOpenApi has described, in both versions', async () => {
    const contracts = [
      defineStream({
        path: '/leads/:owner',
        channels: ['owner:{owner}'],
        heartbeatMs: 5_000,
        events: {
          lead: z.object({ id: z.string() }),
          'lead.moved': z.number(),
          row: text(),
          __proto__x: z.null(),
        },
      }),
      defineStream({ path: '/', heartbeatMs: Number.POSITIVE_INFINITY, events: { message: z.string() } }),
      defineStream({ path: '/delete', events: { a: z.object({ $ref: z.string() }) } }),
    ]
    for (const version of ['3.2', '3.1'] as const) {
      const document = toOpenApi(contracts, { info, version })
      const { code, unsupported, contracts: count } = await generateContracts(JSON.stringify(document))
      expect(unsupported).toEqual([])
      expect(count).toBe(3)
      expect(compile(code)).toEqual([])
      const loaded = Object.values(await load(code)).map(shapeOf)
      expect(loaded).toEqual(expect.arrayContaining(contracts.map(shapeOf)))
    }
  })

  it('writes validators that accept what the document allows, and nothing else', async () => {
    const { code } = await generateContracts(
      documentOf(
        { '/leads': event(json({ $ref: '#/components/schemas/Lead' }), { const: 'lead' }) },
        {
          Lead: { ...LEAD, properties: { ...LEAD.properties, next: { $ref: '#/components/schemas/Lead' } } },
        },
      ),
      { validate: 'zod' },
    )
    expect(compile(code)).toEqual([])
    const { leads } = await load(code)
    const check = (payload: unknown) => validate(leads!.events.lead!, payload, 'lead').ok
    expect(check({ id: 1, next: { id: 2 } })).toBe(true)
    expect(check({ id: 1, next: { id: '2' } })).toBe(false)
    expect(check({})).toBe(false)
  })

  it('says which payloads zod cannot check, and still gives their types', async () => {
    const { code, unsupported } = await generateContracts(
      documentOf({ '/a': event(json({ type: 'object', not: { required: ['b'] } }), { const: 'x' }) }),
      { validate: 'zod' },
    )
    expect(unsupported).toMatchObject([{ where: 'GET /a', message: expect.stringContaining('"not"') }])
    expect(code).toContain('x: type<')
    expect(compile(code)).toEqual([])
  })

  it('writes the same text again, and a change of one event changes that event alone', async () => {
    const make = (type: string) =>
      generateContracts(
        documentOf({
          '/a': event(json({ type: 'string' }), { const: 'x' }),
          '/b': event(json({ type }), { const: 'y' }),
        }),
      )
    const [one, two, other] = await Promise.all([make('number'), make('number'), make('boolean')])
    expect(two).toEqual(one)
    const lines = one.code.split('\n')
    const changed = other.code.split('\n').filter((line, index) => line !== lines[index])
    expect(changed).toEqual(['export type BY = boolean'])
  })

  it('lists what a contract cannot have', async () => {
    const document = {
      ...documentOf({
        '/files/{name}.csv': event({ type: 'string' }, { const: 'row' }),
        '/reserved': event(json({}), { enum: ['error', 'sse.open', 'a\nb', 'fine'] }),
        '/only-reserved': event(json({}), { enum: ['open'] }),
        '/raw': { schema: { type: 'string' } },
        '/nothing': {},
      }),
      webhooks: { lead: {} },
    } as unknown as { paths: Record<string, object> }
    document.paths['/put'] = { put: (document.paths['/raw'] as { get: object }).get, get: { responses: {} } }
    document.paths['/query'] = {
      parameters: [{ name: 'q', in: 'query', required: true }],
      get: {
        ...(document.paths['/reserved'] as { get: object }).get,
        parameters: [
          { name: 'x-tenant', in: 'header' },
          { name: 'Last-Event-ID', in: 'header' },
        ],
        callbacks: { a: {} },
      },
    }
    const { unsupported, otherOperations, contracts, code } = await generateContracts(document)
    const listed = unsupported.map(({ where, message }) => `${where}: ${message}`).join('\n')
    expect(listed).toMatch(/GET \/files\/\{name\}\.csv: a contract has a path of segments/)
    expect(listed).toMatch(/GET \/reserved: the event "error" is left out/)
    expect(listed).toMatch(/GET \/reserved: the event .*a\\\\nb.* is left out/)
    expect(listed).toMatch(/GET \/only-reserved: .*no event/)
    expect(listed).toMatch(/GET \/raw: .*whole answer, a string/)
    expect(listed).toMatch(/GET \/nothing: it has no schema/)
    expect(listed).toMatch(/PUT \/put: a client sends GET or POST/)
    expect(listed).toMatch(/GET \/query: the required query parameter q/)
    expect(listed).toMatch(/GET \/query: the header parameter x-tenant/)
    expect(listed).toMatch(/GET \/query: callbacks/)
    expect(listed).toMatch(/webhooks: /)
    expect(listed).not.toContain('Last-Event-ID')
    expect(otherOperations).toBe(1)
    expect(contracts).toBe(4)
    expect(compile(code)).toEqual([])
  })

  it('takes POST streams, and one contract for GET and POST of the same events', async () => {
    const { paths, ...rest } = documentOf({ '/answers': event(json({ type: 'string' })) }) as {
      paths: Record<string, { get: object }>
    }
    const { get } = paths['/answers'] as { get: object }
    const post = await generateContracts({ ...rest, paths: { '/answers': { post: get } } })
    expect(post.code).toContain("method: 'POST'")
    const both = await generateContracts({ ...rest, paths: { '/answers': { get, post: get } } })
    expect(both.contracts).toBe(1)
  })

  it('reads YAML, and nullable schemas of OpenAPI 3.0', async () => {
    const { code } = await generateContracts(`
openapi: 3.0.2
info: { title: Leads, version: 1 }
paths:
  /leads:
    get:
      responses:
        '200':
          content:
            text/event-stream; charset=utf-8:
              schema: { type: object, properties: { owner: { type: string, nullable: true } } }
`)
    expect(code).toMatch(/owner\?: (string \| null|null \| string)/)
  })

  it.each([
    ['HTML', '<!doctype html><title>API</title>', /HTML/],
    ['Swagger 2', '{"swagger":"2.0"}', /Swagger 2\.0/],
    ['AsyncAPI', '{"asyncapi":"3.0.0"}', /AsyncAPI/],
    ['another JSON', '{"name":"app"}', /no member "openapi"/],
    ['a list', '[]', /not an object/],
    ['JSON that is cut off', '{"openapi":"3.1.0","paths":{', /not JSON/],
    ['YAML that is wrong', 'openapi: 3.1.0\n  paths: [', /neither JSON nor YAML/],
    ['nothing', '  \n', /empty/],
    ['a later version', '{"openapi":"4.0.0"}', /OpenAPI 4\.0\.0/],
    ['paths that are a list', '{"openapi":"3.1.0","paths":[]}', /"paths"/],
    [
      'a YAML that multiplies',
      `openapi: 3.1.0\na: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`).join(',')}]`).join('\n')}`,
      /YAML/,
    ],
    [
      'nesting without end',
      `{"openapi":"3.1.0","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      /nested deeper/,
    ],
  ])('refuses %s, and says what it is', async (_, text, message) => {
    await expect(generateContracts(text)).rejects.toMatchObject({
      code: 'document_invalid',
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['out of the document', { $ref: 'https://example.com/lead.json' }, /bundle the document/],
    ['to a file', { $ref: '/etc/passwd' }, /bundle the document/],
    [
      'to a file in a schema',
      { type: 'object', properties: { a: { $ref: './lead.json#/Lead' } } },
      /bundle the document/,
    ],
    ['to nothing', { $ref: '#/components/schemas/Leed' }, /leads to nothing/],
    ['to a prototype', { $ref: '#/components/constructor' }, /leads to nothing/],
    ['to itself', { $ref: '#/components/schemas/Loop' }, /leads to itself/],
    ['to itself by another', { $ref: '#/components/schemas/One' }, /leads to itself/],
  ])('refuses a reference %s', async (_, schema, message) => {
    const components = {
      Loop: { $ref: '#/components/schemas/Loop' },
      One: { $ref: '#/components/schemas/Two' },
      Two: { $ref: '#/components/schemas/One' },
    }
    const document = documentOf({ '/a': event(json(schema), { const: 'a' }) }, components)
    await expect(generateContracts(document)).rejects.toMatchObject({
      code: 'document_invalid',
      message: expect.stringMatching(message),
    })
  })

  it('reads a document of 10 MB whose streams are few', async () => {
    const components = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, n) => [`Model${n}`, { ...LEAD, description: 'x'.repeat(400) }]),
    )
    const text = JSON.stringify(
      documentOf({ '/a': event(json({ $ref: '#/components/schemas/Model7' }), { const: 'a' }) }, components),
    )
    expect(text.length).toBeGreaterThan(10_000_000)
    expect((await generateContracts(text)).code).toContain('export interface Model7')
  })

  it('keeps names apart, and makes identifiers of all of them', async () => {
    const paths = [
      '/a-b',
      '/a/b',
      '/a_b',
      '/1st',
      '/delete',
      '/import/{type}',
      '/Über',
      '/a.b',
      '/x/{lead-id}',
      '/z',
      '/type',
    ]
    const { code, contracts, unsupported } = await generateContracts(
      documentOf(
        Object.fromEntries(
          paths.map((path) => [path, event(json({ $ref: '#/components/schemas/a b' }), { const: 'a' })]),
        ),
        {
          'a b': LEAD,
        },
      ),
    )
    expect(compile(code)).toEqual([])
    expect(contracts + unsupported.length).toBe(paths.length)
    expect(code).toContain("path: '/x/:leadId'")
  })

  it('for any names, texts and schemas: the file compiles, and nothing of the document is code', async () => {
    const evil = fc.constantFrom(
      '*/ globalThis.hacked = 1 /*',
      "'+globalThis.hacked+'",
      '`$' + '{globalThis.hacked}`',
      '\u2028globalThis.hacked()',
      '"],hacked:[',
      '__proto__',
      'constructor',
      '\n// x',
      '\\',
      "\\'",
      '$&',
      '</script>',
      'a.b',
    )
    const word = fc.oneof(evil, fc.string({ maxLength: 12 }), fc.constantFrom('lead', 'Lead', 'id'))
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          { type: 'string' },
          { type: 'integer' },
          {},
          true,
          { type: ['string', 'null'] },
          { $ref: '#/components/schemas/Model' },
        ),
        fc.record({ const: word }),
        fc.record({ enum: fc.array(word, { minLength: 1, maxLength: 3 }) }),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({
          type: fc.constant('object'),
          title: word,
          description: word,
          properties: fc.dictionary(word, tie('schema'), { maxKeys: 3 }),
          required: fc.array(word, { maxLength: 2 }),
        }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      ),
    }))
    const sample = fc.record({
      title: word,
      server: word,
      summary: word,
      component: word,
      path: fc.array(word, { minLength: 1, maxLength: 3 }),
      names: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      schema,
      model: schema,
      zod: fc.boolean(),
    })
    const codes: string[] = []
    await fc.assert(
      fc.asyncProperty(sample, async ({ title, server, summary, path, names, schema, model, zod }) => {
        const document = {
          ...documentOf(
            {},
            {
              Model: {
                type: 'object',
                properties: { self: { $ref: '#/components/schemas/Model' }, other: model },
              },
            },
          ),
          info: { title, version: '1' },
          servers: [{ url: server }],
          paths: {
            [`/${path.join('/')}`]: {
              get: {
                summary,
                responses: {
                  200: { content: { 'text/event-stream': event(json(schema), { enum: names }) } },
                },
              },
            },
          },
        }
        const options: GenerateOptions = zod ? { validate: 'zod' } : {}
        const made = await generateContracts(document, options)
        codes.push(made.code)
      }),
      { numRuns: Number(process.env.FUZZ ?? 100) },
    )
    expect(compile(...codes)).toEqual([])
    for (const code of codes) {
      const tree = ts.createSourceFile('a.ts', code, ts.ScriptTarget.ES2022)
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) expect(node.text).not.toMatch(/globalThis|hacked/)
        ts.forEachChild(node, visit)
      }
      visit(tree)
    }
  })
})
