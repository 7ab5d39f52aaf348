import { defineStream } from '@sse/contract'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { serveDocument, toOpenApi } from './index.ts'

const leads = defineStream({ path: '/leads', events: { lead: z.string() } })
const document = toOpenApi([leads], { info: { title: 'Leads', version: '1' } })
const handler = serveDocument(document)
const ask = (init?: RequestInit) => handler(new Request('http://a/openapi.json', init))

it('serves a document as JSON, and only its tag to those that have it', async () => {
  const response = await ask()
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual(document)
  const etag = response.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"\S+"$/)
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await ask({ headers: { 'if-none-match': known } })
    expect(again.status).toBe(304)
    expect(again.headers.get('etag')).toBe(etag)
    expect(await again.text()).toBe('')
  }
  expect((await ask({ headers: { 'if-none-match': '"other"' } })).status).toBe(200)
})

it('answers HEAD without a body, and other methods with 405', async () => {
  const head = await ask({ method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const post = await ask({ method: 'POST' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})
