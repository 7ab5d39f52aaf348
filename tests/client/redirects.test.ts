import { connect, type Feed } from '@sse/client'
import { serve } from '@sse/test-support/http-server'
import { afterEach, describe, expect, it } from 'vitest'

interface Seen {
  method: string
  url: string
  body: string
  headers: Record<string, string | string[] | undefined>
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

/** A server that redirects, and one that records what reaches it, on another origin. */
async function startPair(status: number) {
  const seen: Seen[] = []
  const target = await serve(async (req, res) => {
    const { method = '', url = '', headers } = req
    const request = { method, url, headers, body: '' }
    for await (const chunk of req) request.body += chunk
    seen.push(request)
    if (url.endsWith('/ack')) return void res.writeHead(204).end()
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('id: 8\nevent: n\ndata: 1\n\n')
  })
  const source = await serve((req, res) => {
    req.resume()
    res.writeHead(status, { location: target.origin + req.url }).end()
  })
  cleanups.push(
    () => target[Symbol.asyncDispose](),
    () => source[Symbol.asyncDispose](),
  )
  return { seen, url: `${source.origin}/numbers` }
}

async function open(
  url: string,
  options: Parameters<typeof connect>[1] = {},
): Promise<Feed<Record<string, string>>> {
  const feed = connect(url, { onError: () => {}, ...options })
  cleanups.push(() => feed.close())
  await new Promise((resolve) => feed.on('n', resolve))
  return feed
}

const CREDENTIALS = { authorization: 'Bearer secret', 'x-api-key': 'secret' }

describe('a redirect to another origin', () => {
  it.each([302, 307, 308])(
    'with %i is followed: authorization is dropped, every other header is sent, with the last id',
    async (status) => {
      const { seen, url } = await startPair(status)
      const feed = await open(url, { headers: () => CREDENTIALS, lastEventId: '7' })
      expect(seen[0]?.headers.authorization).toBeUndefined()
      expect(seen[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'last-event-id': '7' })
      expect(feed.lastEventId).toBe('8')
    },
  )

  it('with 307 repeats the body of a POST, with 302 it becomes a GET without one', async () => {
    for (const [status, method, body] of [
      [307, 'POST', 'prompt'],
      [302, 'GET', ''],
    ] as const) {
      const { seen, url } = await startPair(status)
      await open(url, { method: 'POST', body: () => 'prompt' })
      expect(seen[0]).toMatchObject({ method, body })
    }
  })

  it('can be refused by the option fetch', async () => {
    const { seen, url } = await startPair(307)
    const feed = connect(url, {
      headers: () => CREDENTIALS,
      fetch: (input, init) => fetch(input, { ...init, redirect: 'error' }),
      reconnect: { maxAttempts: 1, jitterMs: 1, maxJitterMs: 1 },
      onError: () => {},
    })
    cleanups.push(() => feed.close())
    await expect.poll(() => feed.status.state, { timeout: 10_000 }).toBe('closed')
    expect(seen).toEqual([])
  })
})
