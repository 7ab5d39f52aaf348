import type { IncomingMessage, ServerResponse } from 'node:http'
import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { JSDOM } from 'jsdom'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CLIENTS } from './clients.ts'

const numbers = defineStream({ path: '/numbers', heartbeatMs: 50, events: { message: type<number>() } })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Counts to `last`, from after the id that the client has. */
const countTo = (last: number) =>
  sse(numbers, { retryMs: 50 }, async function* ({ event, lastEventId, signal }) {
    for (let n = Number(lastEventId ?? 0) + 1; n <= last && !signal.aborted; n++) {
      yield event('message', n, { id: String(n) })
      await pause(10)
    }
  })

/** Serves, with the permissions that a page of another origin needs. */
async function serveNumbers(answer: (req: IncomingMessage, res: ServerResponse, nth: number) => void) {
  const seen: (string | undefined)[] = []
  const server = await serve((req, res) => {
    res.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*')
    if (req.method === 'OPTIONS') return void res.end()
    seen.push(req.headers['last-event-id'] as string | undefined)
    answer(req, res, seen.length)
  })
  return { seen, url: `${server.origin}/numbers`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

// The browser's and React Native's; clients for Node use none.
const { window } = new JSDOM('', { url: 'http://localhost/' })
beforeAll(() => {
  vi.stubGlobal('XMLHttpRequest', window.XMLHttpRequest)
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('window', globalThis)
})
afterAll(() => {
  vi.unstubAllGlobals()
  window.close()
})

describe.each(CLIENTS)('$name', ({ follow, end, on503 }) => {
  it('reads each event once, and asks no more after the end', async () => {
    await using server = await serveNumbers((req, res) => countTo(5)(req, res))
    const got: string[] = []
    const stop = follow(server.url, (data) => got.push(data))
    await expect.poll(() => got, { timeout: 20_000 }).toEqual(['1', '2', '3', '4', '5'])
    if (end === '204')
      await expect.poll(() => server.seen, { timeout: 20_000 }).toEqual([undefined, 'sse.end'])
    // Long enough for several further attempts.
    await pause(500)
    expect(server.seen).toEqual(end === '204' ? [undefined, 'sse.end'] : [undefined])
    expect(got).toEqual(['1', '2', '3', '4', '5'])
    stop()
  })

  it(`resumes after a lost connection${on503 === 'retries' ? ', also when the server answers 503 in between' : ''}`, async () => {
    await using server = await serveNumbers((req, res, nth) => {
      if (nth === 1) setTimeout(() => res.destroy(), 200)
      if (nth === 2 && on503 === 'retries') res.writeHead(503, { 'retry-after': '0' }).end('{}')
      else countTo(1_000)(req, res)
    })
    const got: string[] = []
    const stop = follow(server.url, (data) => got.push(data))
    await expect.poll(() => server.seen.length, { timeout: 20_000 }).toBe(on503 === 'retries' ? 3 : 2)
    const before = got.length
    await expect.poll(() => got.length, { timeout: 20_000 }).toBeGreaterThan(before + 3)
    expect(got).toEqual(got.map((_, index) => String(index + 1)))
    stop()
  })

  it.runIf(on503 === 'closes')('is closed for good by a 503', async () => {
    await using server = await serveNumbers((_req, res) => res.writeHead(503).end('{}'))
    const stop = follow(server.url, () => {})
    await expect.poll(() => server.seen.length, { timeout: 20_000 }).toBe(1)
    await pause(500)
    expect(server.seen).toHaveLength(1)
    stop()
  })
})
