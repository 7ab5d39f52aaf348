import { setTimeout as sleep } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { type RunningServer, serve } from '@sse/test-support/http-server'
import type { ProgramServer } from '@sse/test-support/program-server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { caddy } from '../proxies/caddy.ts'
import { haproxy } from '../proxies/haproxy.ts'
import { nginx } from '../proxies/nginx.ts'
import { type ReverseProxy, startProxy } from '../proxies/proxy.ts'
import { varnish } from '../proxies/varnish.ts'
import { runDoctor } from './run-doctor.ts'

// They mostly wait.
vi.setConfig({ maxConcurrency: 9 })

const numbers = defineStream({
  path: '/numbers',
  heartbeatMs: 60_000,
  events: { number: type<{ n: number; filler: string }>() },
})

/** Thirty events in three seconds. With `large` the first write has more than 512 bytes; with `quiet` three, then silence. */
const stream = sse(numbers, async function* ({ event, lastEventId, req, signal }) {
  const filler = req.url?.includes('large') ? 'x'.repeat(2_000) : ''
  for (let n = Number(lastEventId ?? 0) + 1; n <= 30; n += 1) {
    yield event('number', { n, filler }, { id: String(n) })
    if (n === 3 && req.url?.includes('quiet')) await sleep(30_000, undefined, { signal })
    await sleep(100, undefined, { signal })
  }
})

const nginxConfig = (folder: string, port: number, upstream: number) =>
  nginx.config(folder, port, upstream).replace(
    'location / {',
    `location /buffering/ {
      proxy_buffering on;
      proxy_ignore_headers X-Accel-Buffering;
      proxy_pass http://127.0.0.1:${upstream};
    }
    location /storing/ {
      proxy_cache answers;
      proxy_cache_valid any 10m;
      proxy_ignore_headers Cache-Control X-Accel-Buffering;
      add_header X-Cache-Status $upstream_cache_status always;
      proxy_pass http://127.0.0.1:${upstream};
    }
    location / {`,
  )

const varnishConfig = (
  folder: string,
  port: number,
  upstream: number,
) => `${varnish.config(folder, port, upstream)}
sub vcl_backend_response {
  if (bereq.url ~ "^/collecting/") {
    set beresp.do_stream = false;
  }
  if (bereq.url ~ "^/storing/") {
    set beresp.ttl = 10m;
    set beresp.uncacheable = false;
    return (deliver);
  }
}
`

interface Passage {
  readonly as: string
  readonly path: string
  /** What the doctor finds. */
  readonly found: readonly RegExp[]
}

const PROXIES: { proxy: ReverseProxy; passages: Passage[] }[] = [
  {
    proxy: { ...nginx, config: nginxConfig },
    passages: [
      { as: 'as it comes', path: '/numbers', found: [] },
      { as: 'with gzip for event streams', path: '/gzip/numbers', found: [] },
      {
        as: 'with a buffer',
        path: '/buffering/numbers',
        found: [/^first-byte: /, /^buffering: All 31 events/],
      },
      { as: 'with a buffer, large events', path: '/buffering/numbers?large', found: [/^buffering: /] },
      {
        as: 'with a buffer, a stream that goes quiet',
        path: '/buffering/numbers?quiet',
        found: [/^buffering: Connected, .* but HEAD is answered at once/],
      },
      {
        as: 'with a cache for everything',
        path: '/storing/numbers',
        found: [/^caching: .*HIT/, /^first-byte: /, /^buffering: /, /^resume: /, /^end: /],
      },
      {
        as: 'with a short timeout',
        path: '/impatient/numbers?quiet',
        found: [/^cut-off: .* after [01]\.\d s of silence/],
      },
    ],
  },
  {
    proxy: haproxy,
    passages: [
      { as: 'as it comes', path: '/numbers', found: [] },
      {
        as: 'with a short timeout',
        path: '/impatient/numbers?quiet',
        found: [/^cut-off: .* after [01]\.\d s of silence/],
      },
    ],
  },
  {
    proxy: caddy,
    passages: [
      { as: 'as it comes', path: '/numbers', found: [] },
      { as: 'with encode', path: '/gzip/numbers?large', found: [/^compression: gzip: no event/] },
      { as: 'with encode for all but event streams', path: '/gzip-for-pages/numbers?large', found: [] },
    ],
  },
  {
    proxy: { ...varnish, config: varnishConfig },
    passages: [
      { as: 'as it comes', path: '/numbers', found: [] },
      {
        as: 'that collects responses',
        path: '/collecting/numbers',
        found: [/^framing: /, /^first-byte: /, /^buffering: /],
      },
      {
        as: 'with a cache for everything',
        path: '/storing/numbers',
        found: [/^caching: .*x-varnish/, /^resume: /, /^end: /],
      },
      {
        as: 'with a short timeout',
        path: '/impatient/numbers?quiet',
        found: [/^cut-off: .* after [01]\.\d s of silence/],
      },
    ],
  },
]

const installed = PROXIES.filter(({ proxy }) => proxy.program)
const cases = installed.flatMap(({ proxy: { name }, passages }) =>
  passages.map((passage) => ({ name, ...passage })),
)

describe('the doctor', () => {
  const programs = new Map<string, ProgramServer>()
  let server: RunningServer
  beforeAll(async () => {
    server = await serve(stream)
    await Promise.all(
      installed.map(async ({ proxy }) => programs.set(proxy.name, await startProxy(proxy, server.port))),
    )
  })
  afterAll(async () => {
    await Promise.all([...programs.values()].map((program) => program.stop()))
    await server?.[Symbol.asyncDispose]()
  })

  it.concurrent.each(cases)('finds what is wrong behind $name $as', async ({ name, path, found }) => {
    const doctored = await runDoctor(`${programs.get(name)?.origin}${path}`, '--for', '8s')
    expect(doctored.found).toEqual(found.map((pattern) => expect.stringMatching(pattern)))
  })
})
