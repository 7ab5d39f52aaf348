import { createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { describe, expect, it, vi } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { testHub } from '../fixtures/hub-server.ts'
import type { TestPublishOptions } from '../fixtures/publish-mounts.ts'
import { RawClient } from '../fixtures/raw-client.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { publishHandler as publishWeb } from '../index.ts'
import { publishHandler } from '../node/node.ts'

const ONE = JSON.stringify({ channel: 'ada', event: 'count', payload: 1 })

/** The beginning of a request by hand: `headers` say how long its body is. */
const head = (...headers: string[]) =>
  ['POST /publish HTTP/1.1', 'host: a', 'content-type: application/json', ...headers, '', ''].join('\r\n')
const whole = (body: string) => head(`content-length: ${Buffer.byteLength(body)}`) + body

async function open(options: Partial<TestPublishOptions> = {}) {
  const hub = testHub()
  const onError = vi.fn()
  const handler = publishHandler(hub, {
    authorize: () => true,
    maxBodyBytes: 10_000,
    bodyTimeoutMs: 200,
    onError,
    ...options,
  })
  const { origin } = await scoped(listen(createServer(handler)))
  return { hub, handler, origin, onError, client: () => new RawClient(origin) }
}

describe('publishHandler, asked by a client that', () => {
  it('never ends its body: 413 beyond the limit, and the connection closes', async () => {
    const { client } = await open()
    const raw = client()
    raw.socket.write(head('transfer-encoding: chunked'))
    const timer = setInterval(() => raw.socket.write(`1000\r\n${'x'.repeat(4_096)}\r\n`), 1)
    const text = await raw.until()
    clearInterval(timer)
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text.toLowerCase()).toContain('connection: close')
    expect(text).toContain('body_too_large')
  })

  it('says that its body is too large: it is not kept, and the connection closes', async () => {
    const { client, hub } = await open()
    const raw = client()
    raw.socket.write(head('content-length: 99999999999999') + ONE)
    expect(await raw.until()).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s)
    expect(hub.stats().published).toBe(0)
  })

  it('sends a large body to its end before it reads: it gets the answer', async () => {
    const { origin } = await open()
    const response = await fetch(origin, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'x'.repeat(5_000_000),
    })
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'body_too_large' }])
  })

  it('stops in the middle of its body: 408, and the connection closes', async () => {
    const { client, hub } = await open()
    const raw = client()
    raw.socket.write(head('content-length: 1000') + ONE)
    expect(await raw.until()).toMatch(/^HTTP\/1\.1 408 .*"code":"stalled"/s)
    expect(hub.stats().published).toBe(0)
  })

  it('leaves in the middle of its body: nothing is published, and nothing is left', async () => {
    let signal: AbortSignal | undefined
    const { client, hub, onError } = await open({
      bodyTimeoutMs: Number.POSITIVE_INFINITY,
      authorize: (context) => {
        signal = context.signal
        return true
      },
    })
    const raw = client()
    raw.socket.write(head('content-length: 1000') + ONE)
    await eventually(() => signal !== undefined)
    raw.socket.destroy()
    await eventually(() => signal?.aborted === true)
    expect(hub.stats().published).toBe(0)
    expect(onError).not.toHaveBeenCalled()
  })

  it('says that its body is shorter than it is: what follows is no event', async () => {
    const { client, hub } = await open()
    const raw = client()
    raw.socket.write(head(`content-length: ${ONE.length}`) + ONE + ONE)
    const text = await raw.until()
    expect(text).toMatch(/^HTTP\/1\.1 (200|400) /)
    expect(text).toContain('HTTP/1.1 400 ')
    expect(hub.stats().published).toBeLessThanOrEqual(1)
  })

  it('sends several requests at once: each is answered, in order', async () => {
    const { client, hub } = await open()
    const raw = client()
    raw.socket.write(whole(ONE) + whole('{') + whole(`[${ONE},${ONE}]`))
    const text = await raw.until((soFar) => soFar.split('"ids"').length === 3)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400', 'HTTP/1.1 200'])
    expect(hub.stats().published).toBe(3)
  })

  it('is not admitted: it gets its answer before its body was read', async () => {
    const { client } = await open({ authorize: () => null })
    const raw = client()
    raw.socket.write(head('transfer-encoding: chunked'))
    expect(await raw.until((text) => text.includes('unauthorized'))).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('waits for permission to send its body: it gets it', async () => {
    const { client } = await open()
    const raw = client()
    raw.socket.write(head(`content-length: ${ONE.length}`, 'expect: 100-continue'))
    await raw.until((text) => text.includes('100 Continue'))
    raw.socket.write(ONE)
    expect(await raw.until((text) => text.includes('"ids"'))).toContain('HTTP/1.1 200 ')
  })

  it('never ends its body on HTTP/2: 413, and the stream closes', async () => {
    const { handler } = await open()
    let isClosed = false
    const server = createHttp2Server((req, res) => {
      res.once('close', () => {
        isClosed = true
      })
      handler(req, res)
    })
    const { origin } = await scoped(listen(server))
    const session = connectHttp2(origin)
    const stream = session.request({ ':method': 'POST', 'content-type': 'application/json' })
    stream.on('error', () => {})
    const timer = setInterval(() => stream.writable && stream.write('x'.repeat(4_096)), 1)
    const status = await new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[':status'])),
    )
    await eventually(() => isClosed)
    clearInterval(timer)
    session.destroy()
    expect(status).toBe(413)
  })

  it('never ends the body of a web request: 413, and the body is cancelled', async () => {
    const hub = testHub()
    const handler = publishWeb(hub, { authorize: () => true, maxBodyBytes: 10_000, onError: () => {} })
    const cancelled = vi.fn()
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(4_096)),
      cancel: cancelled,
    })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' }
    const response = await handler(new Request('http://a/publish', init as RequestInit))
    expect(response.status).toBe(413)
    expect(cancelled).toHaveBeenCalled()
  })

  it('leaves in the middle of a web request’s body: nothing is published', async () => {
    const hub = testHub()
    const handler = publishWeb(hub, { authorize: () => true })
    const abort = new AbortController()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(ONE.slice(0, 20))),
    })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' }
    const answer = handler(new Request('http://a/publish', { ...init, signal: abort.signal } as RequestInit))
    abort.abort()
    expect((await answer).status).toBe(499)
    expect(hub.stats().published).toBe(0)
  })

  it('sends a web request whose body the app has read: 500, and the app hears why', async () => {
    const onError = vi.fn()
    const handler = publishWeb(testHub(), { authorize: () => true, onError })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: ONE }
    const request = new Request('http://a/publish', init)
    await request.text()
    expect((await handler(request)).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'option_invalid',
      message: 'publishHandler: the body was read before, and nothing of it is left',
    })
  })
})
