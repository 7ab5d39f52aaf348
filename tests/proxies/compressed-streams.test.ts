import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { createHub, type Hub } from '@sse/server'
import { gzip } from '@sse/server/gzip'
import { sse } from '@sse/server/node'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import type { ProgramServer } from '@sse/test-support/program-server'
import { until } from '@sse/test-support/until'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caddy } from './caddy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { startProxy } from './proxy.ts'
import { varnish } from './varnish.ts'

const contract = defineStream({ path: '/stamps', events: { stamp: type<{ n: number; text: string }>() } })
const TEXT = 'call back tomorrow morning, the budget is approved. '.repeat(20)

const BOTH = ['gzip', 'identity'] as const

/** Passages through a proxy, and what its client accepts. Some compress, or decompress, as well. */
const PROXIES = [
  { proxy: nginx, passages: { '': BOTH, '/gzip': BOTH, '/gunzip': BOTH } },
  { proxy: haproxy, passages: { '': BOTH } },
  // Unless it passes a request, it asks for gzip itself, and decompresses in blocks for clients that do not.
  { proxy: varnish, passages: { '': ['gzip'], '/passed': BOTH } },
  { proxy: caddy, passages: { '': BOTH, '/gzip': BOTH } },
] as const

describe.each(PROXIES)('a stream that the hub compresses, behind $proxy.name', ({ proxy, passages }) => {
  describe.skipIf(!proxy.program)('in between', () => {
    let hub: Hub<typeof contract>
    let server: RunningServer
    let program: ProgramServer
    beforeAll(async () => {
      hub = createHub(contract)
      const stream = sse(hub, { authorize: () => true, channels: 'all', compression: gzip() })
      server = await serve((req, res) => {
        req.url = '/stamps'
        return stream(req, res)
      })
      program = await startProxy(proxy, server.port)
    })
    afterAll(async () => {
      await program?.stop()
      await hub?.close()
      await server?.[Symbol.asyncDispose]()
    })

    const cases = Object.entries(passages).flatMap(([path, all]) =>
      all.map((accepted: 'gzip' | 'identity') => [path, accepted] as const),
    )
    it.each(cases)(
      'at "%s/stamps" arrives event by event at a client that accepts %s',
      async (path, accepted) => {
        const url = `${program.origin}${path}/stamps`
        const encodings: (string | null)[] = []
        const feed = connect(url, {
          fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
            const headers = new Headers(init?.headers)
            headers.set('accept-encoding', accepted)
            const response = await fetch(input, { ...init, headers })
            encodings.push(response.headers.get('content-encoding'))
            return response
          },
          reconnect: { maxAttempts: 0 },
        } as never)
        const seen: number[] = []
        feed.on('stamp', (payload) => seen.push(JSON.parse(payload as string).n))
        await until(() => feed.lastEventId !== '')
        for (let n = 1; n <= 4; n += 1) {
          await hub.publish('all', 'stamp', { n, text: TEXT })
          await until(() => seen.length === n)
        }
        feed.close()
        expect(encodings).toEqual([accepted === 'gzip' ? 'gzip' : null])
      },
    )
  })
})
