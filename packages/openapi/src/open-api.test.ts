import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from '@redocly/openapi-core'
import { defineStream, text, type } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type OpenApiDocument, type StreamInput, toOpenApi } from './index.ts'

const info = { title: 'Leads', version: '1.0.0', license: { name: 'MIT', identifier: 'MIT' } }
const options = {
  info,
  servers: [{ url: 'https://api.acme.test' }],
  security: [{ session: [] }],
  securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'session' } },
}

interface Tree {
  id: number
  children: Tree[]
}
const tree: z.ZodType<Tree> = z.object({ id: z.number(), children: z.array(z.lazy(() => tree)) })

const leads = defineStream({
  path: '/leads/:owner',
  channels: ['owner:{owner}'],
  events: { lead: z.object({ id: z.string(), title: z.string() }), tree, row: text() },
  heartbeatMs: 20_000,
})
const answers = defineStream({
  path: '/answers/:id',
  events: { message: z.union([z.string(), z.object({ done: z.literal(true) })]) },
  heartbeatMs: Number.POSITIVE_INFINITY,
})
const runs = { contract: answers, serves: 'runs', starts: true } as const

/** What Redocly finds, with the rules it recommends. */
async function lint(document: OpenApiDocument): Promise<string[]> {
  const problems = await lintDocument({
    document: makeDocumentFromString(JSON.stringify(document), 'openapi.json'),
    externalRefResolver: new BaseResolver(),
    config: await createConfig({ extends: ['recommended'] }),
  })
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)
}

interface Operation {
  operationId: string
  parameters: object[]
  responses: Record<string, { content: Record<string, Record<string, never>> }>
}
type Paths = Record<string, Record<string, Operation>>
const pathsOf = (document: OpenApiDocument) => document.paths as Paths

describe('toOpenApi', () => {
  const document = toOpenApi([leads, runs], options)
  const older = toOpenApi([leads, runs], { ...options, version: '3.1' })

  it.each([
    ['3.2.0', document],
    ['3.1.1', older],
  ])('passes the rules that Redocly recommends, as a document of version %s', async (version, given) => {
    expect(given.openapi).toBe(version)
    expect(await lint(given)).toEqual([])
  })

  it('has all that Redocly wants but a license and security, which the app has to give', async () => {
    const bare = toOpenApi([leads], { info: { title: 'Leads', version: '1' }, servers: options.servers })
    const rules = (await lint(bare)).map((problem) => problem.split(':')[0])
    expect(new Set(rules)).toEqual(new Set(['info-license', 'security-defined']))
    expect(await lint(toOpenApi([leads], { info, servers: options.servers, security: [] }))).toEqual([])
  })

  it('describes events by itemSchema in 3.2, and by schema in 3.1, which has no itemSchema', () => {
    const media = (given: OpenApiDocument) =>
      pathsOf(given)['/leads/{owner}']?.get?.responses[200]?.content['text/event-stream'] ?? {}
    expect(media(document).schema).toBeUndefined()
    expect(media(older).itemSchema).toBeUndefined()
    expect(media(older).schema).toEqual(media(document).itemSchema)
  })

  it('describes the requests beside a stream: those of a hub, those of runs, none of a source', () => {
    const described = (given: StreamInput) =>
      Object.entries(pathsOf(toOpenApi([given], { info }))).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method} ${path}`),
      )
    expect(described(leads)).toEqual(['get /leads/{owner}', 'post /leads/{owner}/ack'])
    expect(described({ contract: leads, serves: 'source' })).toEqual(['get /leads/{owner}'])
    expect(described(runs)).toEqual([
      'get /answers/{id}',
      'post /answers/{id}',
      'post /answers/{id}/stop',
      'get /answers/{id}/status',
    ])
    expect(described({ ...runs, starts: false })).not.toContain('post /answers/{id}')
    expect(
      described({ contract: defineStream({ path: '/', events: { a: z.string() } }), serves: 'hub' }),
    ).toEqual(['get /', 'post /ack'])
  })

  it('describes path parameters, Last-Event-ID and the heartbeat', () => {
    const { get, post } = pathsOf(document)['/leads/{owner}'] ?? {}
    expect(post).toBeUndefined()
    expect(get?.parameters).toEqual([
      { name: 'owner', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
      { $ref: '#/components/parameters/LastEventId' },
    ])
    const heartbeats = Object.values(pathsOf(document)).flatMap(
      ({ get }) => get?.responses[200]?.content['text/event-stream']?.['x-sse-heartbeat-ms'] ?? [],
    )
    expect(heartbeats).toEqual([20_000, 0])
  })

  it('has an operation id for each request, and every component that it refers to', () => {
    const ids = Object.values(pathsOf(document)).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    )
    expect(ids).toEqual([
      'followLeadsByOwner',
      'acknowledgeLeadsByOwner',
      'followAnswersById',
      'startAnswersById',
      'stopAnswersById',
      'statusOfAnswersById',
    ])
    const { components } = document as never as { components: Record<string, Record<string, unknown>> }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"/]+)/g)]
    expect(references.length).toBeGreaterThan(20)
    for (const [, kind = '', name = ''] of references) expect(components[kind]).toHaveProperty([name])
  })

  it('is the same text for the same input', () => {
    const make = () => JSON.stringify(toOpenApi([leads, runs], options))
    expect(make()).toBe(make())
  })

  it('describes two paths that would have one name, and events of any name', async () => {
    const one = defineStream({
      path: '/a/b',
      events: { lead: z.string(), Lead: z.number(), 'le-ad': z.null() },
    })
    const other = defineStream({
      path: '/a-b',
      events: {
        lead: z.boolean(),
        constructor: z.string(),
        ['__proto__']: z.number(),
        'a b/c~d%{e}"': z.number(),
        家: z.number(),
        '!!!': z.number(),
      },
    })
    const given = toOpenApi([one, other], { ...options })
    expect(await lint(given)).toEqual([])
    const { schemas } = given.components as { schemas: object }
    expect(Object.keys(schemas)).toHaveLength(1 + 3 + 6)
    const item = pathsOf(given)['/a-b']?.get?.responses[200]?.content['text/event-stream']?.itemSchema
    expect(item).toMatchObject({
      oneOf: [...Object.keys(other.events), 'control event'].map((title) => ({ title })),
    })
  })

  it.each([
    ['no contracts', [], { info }, 'at least one contract'],
    ['something that is no contract', [{ path: 1 }], { info }, 'each stream must be a contract'],
    ['nothing', [undefined], { info }, 'each stream must be a contract'],
    ['one path twice', [leads, leads], { info }, 'two contracts have the path "/leads/:owner"'],
    [
      'two paths that differ in the name of a parameter',
      [leads, defineStream({ path: '/leads/:id', events: { a: type<string>() } })],
      { info },
      '"/leads/:id" and "/leads/:owner" differ only in the names of their parameters',
    ],
    ['no info', [leads], {}, 'info is required'],
    ['no options', [leads], undefined, 'info is required'],
    ['another version', [leads], { info, version: '2.0' }, "version must be '3.2' or '3.1', not 2.0"],
    ['security without its scheme', [leads], { info, security: [{ key: [] }] }, 'security names "key"'],
    ['an unknown server', [{ contract: leads, serves: 'queue' }], { info }, 'serves must be'],
    ['starts without runs', [{ contract: leads, starts: true }], { info }, "starts needs serves: 'runs'"],
  ])('refuses %s', (_, streams, given, message) => {
    expect(() => toOpenApi(streams as StreamInput[], given as never)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining(message) }),
    )
  })
})
