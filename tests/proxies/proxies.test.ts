import { connect } from '@sse/client'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import type { ProgramServer } from '@sse/test-support/program-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { caddy } from './caddy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { type ReverseProxy, startProxy } from './proxy.ts'
import { Exchange, median, readUntil, stamps } from './stream.ts'
import { varnish } from './varnish.ts'

interface Passage {
  as: string
  path: string
  /** The proxy adds a delay of its own to each event, as docs/guides/proxies.md says. */
  isSlow?: boolean
  encoding?: 'gzip'
}

const PROXIES: { proxy: ReverseProxy; passages: Passage[] }[] = [
  {
    proxy: nginx,
    passages: [
      { as: 'as it comes', path: '/stamps' },
      { as: 'as it comes, large events', path: '/stamps?large' },
      { as: 'with a cache', path: '/cached/stamps' },
      { as: 'with gzip for event streams', path: '/gzip/stamps', encoding: 'gzip' },
      { as: 'with gzip for event streams, large events', path: '/gzip/stamps?large', encoding: 'gzip' },
    ],
  },
  {
    proxy: haproxy,
    passages: [
      { as: 'as it comes', path: '/stamps', isSlow: true },
      { as: 'with http-no-delay', path: '/no-delay/stamps' },
    ],
  },
  {
    proxy: varnish,
    passages: [
      { as: 'as it comes', path: '/stamps' },
      { as: 'as it comes, large events', path: '/stamps?large' },
    ],
  },
  {
    proxy: caddy,
    passages: [
      { as: 'as it comes', path: '/stamps' },
      { as: 'as it comes, large events', path: '/stamps?large' },
      { as: 'with encode', path: '/gzip/stamps' },
      { as: 'with encode for all but event streams, large events', path: '/gzip-for-pages/stamps?large' },
    ],
  },
]
const ACCEPT = { accept: 'text/event-stream', 'accept-encoding': 'gzip' }
const QUIET = { 'x-stream': 'quiet' }

describe.each(PROXIES)('$proxy.name', ({ proxy, passages }) => {
  describe.skipIf(!proxy.program)('in between', () => {
    let exchange: Exchange
    let server: RunningServer
    let program: ProgramServer
    beforeAll(async () => {
      server = await serve((req, res) => {
        const handler = req.headers['x-stream'] === 'quiet' ? exchange.quiet : exchange.fourEvents
        handler(req, res)
      })
      program = await startProxy(proxy, server.port)
    })
    beforeEach(() => {
      exchange = new Exchange()
    })
    afterAll(async () => {
      await program?.stop()
      await server?.[Symbol.asyncDispose]()
    })

    it.each(passages)('$as: events arrive one by one', async ({ path, isSlow, encoding = null }) => {
      const url = program.origin + path
      const response = await fetch(url, { headers: { ...ACCEPT, ...QUIET } })
      expect(response.headers.get('content-encoding')).toBe(encoding)
      await response.body?.cancel()

      const delays = await exchange.readFour(url)
      if (!isSlow) expect(median(delays)).toBeLessThan(150)
    })

    it('the client leaving ends the source', async () => {
      const feed = connect(stamps, { baseUrl: program.origin, headers: QUIET })
      for await (const { event } of feed) if (event === 'resumed') break
      feed.close()
      expect(await exchange.left.called).toMatchObject({ code: 'client_gone' })
    })

    it('heartbeats keep a quiet stream open past the proxy’s timeout', async () => {
      const response = await fetch(`${program.origin}/impatient/stamps`, { headers: QUIET })
      const since = Date.now()
      const text = await readUntil(response, () => Date.now() - since > 2_000)
      expect(text.match(/^:$/gm)?.length).toBeGreaterThan(5)
    })

    it('the id to resume after passes, in any script', async () => {
      const feed = connect(stamps, { baseUrl: program.origin, headers: QUIET, lastEventId: 'é漢' })
      for await (const item of feed) {
        expect(item).toEqual({ event: 'resumed', payload: 'é漢', id: 'after' })
        break
      }
      feed.close()
    })
  })
})
