import { connect } from '@sse/client'
import { defineStream } from '@sse/contract'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

const numbers = defineStream({ path: '/numbers', events: { n: z.number() } })
const SECRET = 'hunter2'

const servers: AsyncDisposable[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
})

async function start(listener: Parameters<typeof serve>[0]) {
  const server = await serve(listener)
  servers.push(server)
  return server.origin
}

/** A stream whose source follows another one with the client. */
async function startFollower(url: string) {
  const onError = vi.fn()
  const origin = await start(
    sse(numbers, { onError }, async function* ({ event, signal }) {
      const feed = connect(numbers, {
        baseUrl: url,
        url: (path) => `${path}?key=${SECRET}`,
        signal,
        onError: () => {},
      })
      for await (const { payload } of feed) yield event('n', payload as number)
    }),
  )
  return { origin, onError }
}

describe('a generator that follows an upstream with the client', () => {
  it.each([401, 403, 404])(
    'is answered with "internal" when the upstream answers %i, and tells nothing of it',
    async (status) => {
      const upstream = await start((_req, res) => {
        res.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' })
        res.end(JSON.stringify({ code: 'upstream', message: SECRET }))
      })
      const { origin, onError } = await startFollower(upstream)
      const response = await fetch(`${origin}/numbers`)
      expect(response.headers.get('retry-after')).toBeNull()
      const body = await response.text()
      // A stream starts after 50 ms without an error or an event.
      expect(`${response.status} ${body}`).toMatch(
        /^(500 \{"code":"internal"|200 .*event: sse\.error\ndata: \{"code":"internal")/s,
      )
      expect(body).not.toContain(SECRET)
      expect(body).not.toContain(new URL(upstream).port)
      expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'http_status', status })
    },
  )

  it('is answered with "internal" when the URL is none', async () => {
    const { origin } = await startFollower(`http://[${SECRET}`)
    const response = await fetch(`${origin}/numbers`)
    const body = await response.text()
    expect(body).toContain('"code":"internal"')
    expect(body).not.toContain(SECRET)
  })

  it('ends with sse.error "internal" when the upstream refuses after some events', async () => {
    let requests = 0
    const upstream = await start((_req, res) => {
      requests += 1
      if (requests > 1) return void res.writeHead(403).end(SECRET)
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.end('retry: 1\nid: 1\nevent: n\ndata: 1\n\n')
    })
    const { origin } = await startFollower(upstream)
    const text = await (await fetch(`${origin}/numbers`)).text()
    expect(text).toContain('data: 1\n')
    expect(text).toMatch(/event: sse\.error\ndata: {"code":"internal"/)
    expect(text).not.toContain(SECRET)
  })

  it('leaves the upstream when its own client leaves, also before the first event', async () => {
    let open = 0
    const upstream = await start((_req, res) => {
      open += 1
      res.on('close', () => {
        open -= 1
      })
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.flushHeaders()
    })
    const { origin } = await startFollower(upstream)
    const abort = new AbortController()
    const response = fetch(`${origin}/numbers`, { signal: abort.signal })
    await expect.poll(() => open).toBe(1)
    abort.abort()
    await expect(response).rejects.toThrow()
    await expect.poll(() => open).toBe(0)
  })
})
