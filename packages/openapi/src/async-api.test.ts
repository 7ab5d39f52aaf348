import specs from '@asyncapi/specs' with { type: 'json' }
import { defineStream, text } from '@sse/contract'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { toAsyncApi } from './index.ts'

const info = { title: 'Leads', version: '1.0.0' }
const node: z.ZodType = z.object({ children: z.array(z.lazy(() => node)) })
const leads = defineStream({
  path: '/leads/:owner',
  events: { lead: z.object({ id: z.string() }), 'lead.moved': node, row: text() },
})

it('is a document of AsyncAPI 3, as its own schema says', () => {
  const document = toAsyncApi([leads], { info, servers: [{ url: 'https://api.acme.test/v1' }] })
  const ajv = new Ajv({
    meta: false,
    validateSchema: false,
    strict: false,
    validateFormats: false,
    logger: false,
  })
  const { schemas } = specs as unknown as { schemas: Record<string, object> }
  const validate = ajv.compile(schemas['3.0.0'] as object)
  expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
  expect(validate({ ...document, channels: 7 })).toBe(false)
})

it('has a channel for each stream, a message for each event, and every schema that it refers to', () => {
  const document = toAsyncApi([leads], { info }) as never as {
    channels: Record<
      string,
      { address: string; messages: Record<string, { name: string; contentType: string }> }
    >
    components: { schemas: object }
  }
  expect(document.channels.LeadsByOwner?.address).toBe('/leads/{owner}')
  expect(
    Object.values(document.channels.LeadsByOwner?.messages ?? {}).map(({ name, contentType }) => [
      name,
      contentType,
    ]),
  ).toEqual([
    ['lead', 'application/json'],
    ['lead.moved', 'application/json'],
    ['row', 'text/plain'],
  ])
  for (const [, name = ''] of JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"/]+)/g)) {
    expect(document.components.schemas).toHaveProperty([name])
  }
})

it('keeps events apart whose names differ in characters that keys cannot have', () => {
  const contract = defineStream({ path: '/a', events: { 'a b': z.string(), 'a-b': z.number() } })
  const { channels } = toAsyncApi([contract], { info }) as never as { channels: { A: { messages: object } } }
  expect(Object.keys(channels.A.messages)).toHaveLength(2)
})

it('refuses a server that has no URL', () => {
  expect(() => toAsyncApi([leads], { info, servers: [{ url: '/api' }] })).toThrow('/api is not a URL')
})
