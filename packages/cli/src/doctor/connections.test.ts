import type { Http2ServerResponse } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { freePort } from '@sse/test-support/free-port'
import { serve } from '@sse/test-support/http-server'
import { describe, expect, it, vi } from 'vitest'
import { examine } from './fixtures/examine.ts'
import { listen, serveIpv6, serveTls } from './fixtures/other-servers.ts'
import { soundStream } from './fixtures/sound-stream.ts'

vi.setConfig({ maxConcurrency: 20 })

const sound = soundStream()

describe.concurrent('a host that cannot be used', () => {
  it('is reported when nothing listens there, and nothing else is checked', async () => {
    const { found, results, summary } = await examine(`http://127.0.0.1:${await freePort()}`)
    expect(found).toEqual([expect.stringMatching(/^connection: Nothing listens on 127\.0\.0\.1:\d+$/)])
    expect(results).toHaveLength(1)
    expect(summary).toMatchObject({ verdict: 'problem', exitCode: 3 })
  })

  it('is reported when it accepts connections but never answers', async () => {
    await using server = await listen(createTcpServer(), 'http')
    const { found, summary } = await examine(server.origin)
    expect(found).toEqual(['connection: Connected, but no response came within 3.6 s'])
    expect(summary.exitCode).toBe(3)
  })

  it('is reported when it does not speak HTTP', async () => {
    await using server = await listen(
      createTcpServer((socket) => void socket.on('error', () => {}).end('220 mail.example ESMTP\r\n')),
      'http',
    )
    const { found, summary } = await examine(server.origin)
    expect(found).toEqual([expect.stringMatching(/^connection: .*HTTP/)])
    expect(summary.exitCode).toBe(3)
  })

  it('is reported when it closes the connection without a response', async () => {
    await using server = await listen(
      createTcpServer((socket) => socket.destroy()),
      'http',
    )
    const { found } = await examine(server.origin)
    expect(found).toEqual([expect.stringMatching(/^connection: localhost:\d+ closed the connection/)])
  })

  it('is reported when it does not speak TLS', async () => {
    await using server = await serve(sound)
    const { found, summary } = await examine(server.origin.replace('http:', 'https:'))
    expect(found).toEqual([expect.stringMatching(/^connection: .* does not speak TLS$/)])
    expect(summary.exitCode).toBe(3)
  })

  it('is reported when its certificate is not trusted', async () => {
    await using server = await serveTls(sound, 'h2')
    const { found, summary } = await examine(server.origin)
    expect(found).toEqual([expect.stringMatching(/^connection: The certificate of .*SELF_SIGNED/)])
    expect(summary.exitCode).toBe(3)
  })
})

describe.concurrent('a connection', () => {
  it('of HTTP/2 is checked like one of HTTP/1.1, and --insecure leaves a warning', async () => {
    await using server = await serveTls(soundStream({ headers: { 'alt-svc': 'h3=":443"' } }), 'h2')
    const { found, results } = await examine(server.origin, { insecure: true })
    expect(found).toEqual([expect.stringMatching(/^connection: The certificate is not trusted/)])
    expect(results.find(({ check }) => check.id === 'http-version')).toMatchObject({
      verdict: 'ok',
      message: 'HTTP/2, and HTTP/3 is offered',
    })
    expect(results.filter(({ verdict }) => verdict === 'ok').length).toBeGreaterThan(20)
  })

  it('of HTTP/2 that breaks off is reported', async () => {
    const INTERNAL_ERROR = 2
    const end = (res: unknown) => (res as Http2ServerResponse).stream.close(INTERNAL_ERROR)
    const cut = soundStream({ events: 2, end })
    await using server = await serveTls(cut, 'h2')
    const { found } = await examine(server.origin, { insecure: true })
    expect(found).toEqual([
      expect.stringMatching(/^connection/),
      expect.stringMatching(/^cut-off: Broken off/),
    ])
  })

  it('of HTTP/1.1 with TLS is limited to six', async () => {
    await using server = await serveTls(sound, 'http/1.1')
    const { found } = await examine(server.origin, { insecure: true })
    expect(found).toEqual([
      expect.stringMatching(/^connection: The certificate is not trusted/),
      'http-version: HTTP/1.1: a browser opens at most six connections to this host',
    ])
  })

  it('of HTTP/1.0 is reported, also for the end that it cannot mark', async () => {
    const headers =
      'content-type: text/event-stream\r\ncache-control: no-cache, no-transform\r\nx-accel-buffering: no'
    await using server = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {}).write(`HTTP/1.0 200 OK\r\n${headers}\r\n\r\n:\n`)
        const timer = setInterval(() => socket.write(':\n'), 300).unref()
        socket.on('close', () => clearInterval(timer))
      }),
      'http',
    )
    const { found } = await examine(server.origin)
    expect(found).toEqual([expect.stringMatching(/^http-version: HTTP\/1\.0/)])
  })

  it('over IPv6 is checked', async () => {
    await using server = await serveIpv6(sound)
    const { found, results } = await examine(server.origin)
    expect(found).toEqual([])
    expect(results[0]?.message).toMatch(/^Connected to \[::1\]:\d+$/)
  })
})

describe.concurrent('a redirect to another host', () => {
  it('is followed without the headers of the user', async () => {
    const received: (string | undefined)[] = []
    await using other = await serve((req, res) => {
      received.push(req.headers.authorization, req.headers.cookie, req.headers['x-key'] as string | undefined)
      sound(req, res)
    })
    await using server = await serve((req, res) => {
      expect(req.headers.authorization).toBe('Bearer secret')
      res.writeHead(302, { location: `${other.origin}/stream?token=t` }).end()
    })
    const headers = { authorization: 'Bearer secret', cookie: 'session=1', 'x-key': 'k' }
    const { found } = await examine(server.origin, { headers })
    expect(found).toEqual([
      `redirects: 302 to ${other.origin}/stream?token=***, another origin; your headers (authorization, cookie, x-key) were not sent there`,
    ])
    expect(new Set(received)).toEqual(new Set([undefined]))
    expect(received.length).toBeGreaterThan(6)
  })
})

describe.concurrent('a redirect to a host that cannot be used', () => {
  it('names that host', async () => {
    const port = await freePort()
    await using server = await serve(
      (_, res) => void res.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
    )
    const { found, summary } = await examine(server.origin)
    expect(found).toEqual([
      `connection: Nothing listens on 127.0.0.1:${port}`,
      `redirects: 302 to http://127.0.0.1:${port}/, another origin`,
    ])
    expect(summary.exitCode).toBe(3)
  })
})

describe.concurrent('the doctor', () => {
  it('ends at once, with what it has seen, when it is interrupted', async () => {
    const ending = new AbortController()
    const frame = (n: number) => {
      if (n === 5) setImmediate(() => ending.abort())
      return `id: ${n}\ndata: ${n}\n\n`
    }
    await using server = await serve(soundStream({ events: 1_000, frame }))
    const { results } = await examine(server.origin, {}, { signal: ending.signal })
    expect(results.find(({ check }) => check.id === 'status')?.verdict).toBe('ok')
  })

  it('sends four GET requests at most, and has three streams open at a time', async () => {
    const methods: string[] = []
    let open = 0
    let most = 0
    await using server = await serve(
      soundStream({
        instead(req, res) {
          methods.push(req.method ?? '')
          open += 1
          most = Math.max(most, open)
          res.on('close', () => {
            open -= 1
          })
          return undefined
        },
      }),
    )
    await examine(server.origin, { origin: 'https://app.example' })
    expect(methods.sort()).toEqual(['GET', 'GET', 'GET', 'GET', 'OPTIONS'])
    expect(most).toBeLessThanOrEqual(3)
  })

  it('says that nothing is known when it is interrupted before the response', async () => {
    await using server = await listen(createTcpServer(), 'http')
    const { results, summary } = await examine(server.origin, {}, { signal: AbortSignal.timeout(200) })
    expect(results.map(({ verdict, message }) => [verdict, message])).toEqual([
      ['unknown', 'Interrupted before the response'],
    ])
    expect(summary).toMatchObject({ verdict: 'unknown', exitCode: 0 })
  })

  it('listens for the whole time with --long, also to a stream that has shown everything', async () => {
    await using server = await serve(soundStream({ events: 1_000, heartbeat: ':\n' }))
    const { seen } = await examine(server.origin, { isLong: true }, { waitMs: 2_500 })
    expect(seen.main?.stream?.endMs).toBeGreaterThan(2_400)
  })

  it('does not take the limit of connections for a fault of resuming', async () => {
    let open = 0
    await using server = await serve(
      soundStream({
        instead(_, res) {
          open += 1
          res.on('close', () => {
            open -= 1
          })
          return open > 1 && Boolean(res.writeHead(503).end())
        },
      }),
    )
    const { found, results } = await examine(server.origin)
    expect(found).toEqual([])
    const unknown = results.filter(({ verdict }) => verdict === 'unknown').map(({ check }) => check.id)
    expect(unknown).toEqual(expect.arrayContaining(['compression', 'resume']))
  })

  it('says that a quiet stream is unknown, not that it is sound', async () => {
    await using server = await serve(soundStream({ frame: () => '', heartbeat: '', spacingMs: 60_000 }))
    const { results, summary } = await examine(server.origin)
    const unknown = results.filter(({ verdict }) => verdict === 'unknown').map(({ check }) => check.id)
    expect(unknown).toEqual(expect.arrayContaining(['dialect', 'ids', 'resume']))
    expect(summary.exitCode).toBe(1) // The silence of this test is as long as that of minutes.
  })
})
