import { defineStream, SseError, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import { sse } from '@sse/server/node'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import type { ProgramServer } from '@sse/test-support/program-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nginx } from './nginx.ts'
import { startProxy } from './proxy.ts'
import { readUntil } from './stream.ts'
import { varnish } from './varnish.ts'

const counts = defineStream({ path: '/counts', heartbeatMs: 100, events: { count: type<number>() } })
const hub = createHub(counts, { engine: memory() })

/** What the app answers is asked for in a header, which no cache has in its key: to a cache all requests are the same. */
const hubStream = sse(hub, {
  authorize({ req }) {
    const asked = req.headers['x-ask']
    if (asked === '401') return null
    if (asked === '403') return false
    if (asked === '404') throw new SseError('no_such_desk', 'There is no such desk', { status: 404 })
    if (asked === '503') throw new SseError('busy', 'Try later', { status: 503 })
    if (asked === '500') throw new Error('broken')
    return 'ada'
  },
  channels: 'everyone',
  onError: () => {},
})
const endingStream = sse(counts, async function* ({ event }) {
  yield event('count', 1)
})

const KINDS: [name: string, status: number, init?: RequestInit][] = [
  ['a stream', 200],
  ['a stream that ends', 200, { headers: { 'x-ask': 'ending' } }],
  ['a stream with the app’s cache-control', 200, { headers: { 'x-cache-control': 'private, no-transform' } }],
  ['the 204 after the end', 204, { headers: { 'last-event-id': 'sse.end' } }],
  ['401', 401, { headers: { 'x-ask': '401' } }],
  ['403', 403, { headers: { 'x-ask': '403' } }],
  ['404', 404, { headers: { 'x-ask': '404' } }],
  ['405', 405, { method: 'DELETE' }],
  ['500', 500, { headers: { 'x-ask': '500' } }],
  ['503', 503, { headers: { 'x-ask': '503' } }],
  ['HEAD', 200, { method: 'HEAD' }],
]

describe.each([
  { proxy: nginx, prefix: '/cached' },
  { proxy: varnish, prefix: '' },
])('a shared cache of $proxy.name', ({ proxy, prefix }) => {
  describe.skipIf(!proxy.program)('in between', () => {
    let answers = 0
    let server: RunningServer
    let program: ProgramServer
    beforeAll(async () => {
      server = await serve((req, res) => {
        // Each answer of the server has its own number; a cache repeats one.
        res.setHeader('x-answer', ++answers)
        const cacheControl = req.headers['x-cache-control']
        if (cacheControl) res.setHeader('cache-control', cacheControl)
        if (req.url?.endsWith('/page')) {
          res.setHeader('cache-control', 'max-age=60').end('a page')
        } else if (req.headers['x-ask'] === 'ending') endingStream(req, res)
        else hubStream(req, res)
      })
      program = await startProxy(proxy, server.port)
    })
    afterAll(async () => {
      await program?.stop()
      await server?.[Symbol.asyncDispose]()
    })

    const seen = new Set<string | null>()
    /** Asks, and expects an answer that no other client got. */
    async function ask(path: string, status: number, init: RequestInit = {}): Promise<Response> {
      const response = await fetch(`${program.origin}${prefix}${path}`, init)
      expect(response.status).toBe(status)
      const answer = response.headers.get('x-answer')
      expect(answer).toMatch(/^\d+$/)
      expect(seen).not.toContain(answer)
      seen.add(answer)
      return response
    }

    it('works: it repeats an ordinary page', async () => {
      const url = `${program.origin}${prefix}/page`
      const first = (await fetch(url)).headers.get('x-answer')
      expect((await fetch(url)).headers.get('x-answer')).toBe(first)
    })

    it.each(KINDS)('never repeats %s to another client', async (_, status, init) => {
      for (let round = 0; round < 2; round++) {
        const response = await ask('/counts', status, init)
        if (status === 200 && init?.method !== 'HEAD')
          await readUntil(response, (text) => /event: |data: /.test(text))
        else await response.text()
        const newcomer = await ask('/counts', 200)
        expect(await readUntil(newcomer, (text) => /event: sse\.open\n/.test(text))).toContain('sse.open')
      }
    })

    it('passes on the cache-control that the app set on a stream', async () => {
      const response = await ask('/counts', 200, { headers: { 'x-cache-control': 'private, no-transform' } })
      expect(response.headers.get('cache-control')).toBe('private, no-transform')
      await response.body?.cancel()
    })

    it('never repeats an acknowledgement or its refusal', async () => {
      const [, id = ''] =
        /id: (\S+)/.exec(await readUntil(await ask('/counts', 200), (text) => /\n\n.*\n\n/s.test(text))) ?? []
      for (let round = 0; round < 2; round++) {
        const headers = { 'last-event-id': id }
        await ask('/counts/ack', 204, { method: 'POST', headers })
        await ask('/counts/ack', 401, { method: 'POST', headers: { ...headers, 'x-ask': '401' } })
      }
    })

    it('still lets the server notice that a client has left', async () => {
      const response = await ask('/counts', 200)
      await readUntil(response, (text) => /sse\.open/.test(text))
      await expect.poll(() => hub.stats().connections, { timeout: 20_000 }).toBe(0)
    })
  })
})
