import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type ConnectOptions, connect, type FeedStatus } from '@sse/client'
import { defineStream, text, type } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(answer: (res: ServerResponse, attempt: number) => unknown) {
  let attempts = 0
  const server = createServer((_, res) => {
    attempts += 1
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    answer(res, attempts)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, attempts: () => attempts }
}

function open(url: string, options: ConnectOptions = {}) {
  const feed = connect(url, { reconnect: { jitterMs: 1, maxJitterMs: 2 }, onError: () => {}, ...options })
  closing.push(() => feed.close())
  const states: FeedStatus[] = []
  feed.onStatus((status) => states.push(status))
  return { feed, states }
}

it('a contract with text() reads the events of a server that sends no JSON', async () => {
  const { url } = await serve((res) =>
    res.write('event: row\ndata: <b>\ndata:  Ada</b>\n\nevent: row\ndata:\n\n'),
  )
  const feed = connect(defineStream({ path: '/', events: { row: text() } }), {
    baseUrl: url,
    onError: () => {},
  })
  closing.push(() => feed.close())
  const seen: string[] = []
  feed.on('row', (row) => seen.push(row))
  await vi.waitFor(() => expect(seen).toEqual(['<b>\n Ada</b>', '']))
})

describe('without a contract', () => {
  it('events named gap and sse.x are delivered like any other', async () => {
    const { url } = await serve((res) =>
      res.write('event: gap\ndata: mind it\n\nevent: sse.x\ndata: 1\n\nabc.: 1\n\n'),
    )
    const { feed } = open(url)
    const seen: unknown[] = []
    feed.on('gap', (data) => seen.push(data))
    feed.on('sse.x', (data) => seen.push(data))
    await vi.waitFor(() => expect(seen).toEqual(['mind it', '1']))
    const loop = open(url).feed[Symbol.asyncIterator]()
    expect((await loop.next()).value).toEqual({ event: 'gap', payload: 'mind it', id: '' })
    expect((await loop.next()).value).toEqual({ event: 'sse.x', payload: '1', id: '' })
  })

  it('the control events of this library still work', async () => {
    const { url } = await serve((res) =>
      res.end('event: sse.gap\ndata: {"reason":"trimmed"}\n\nevent: sse.end\ndata:\n\n'),
    )
    const { feed } = open(url)
    const gaps: unknown[] = []
    feed.on('gap', (gap) => gaps.push(gap))
    await vi.waitFor(() => expect(feed.status).toEqual({ state: 'closed', reason: 'ended' }))
    expect(gaps).toEqual([{ reason: 'trimmed' }])
  })
})

it('with a contract, events named gap and sse.x of the server are not delivered as gaps', async () => {
  const { url } = await serve((res) =>
    res.write('event: gap\ndata: 1\n\nevent: sse.x\ndata: 1\n\nevent: n\ndata: 2\n\n'),
  )
  const numbers = defineStream({ path: '/', events: { n: type<number>() } })
  const feed = connect(numbers, { baseUrl: url })
  closing.push(() => feed.close())
  const seen: unknown[] = []
  feed.on('gap', (gap) => seen.push(gap))
  feed.on('n', (n) => seen.push(n))
  await vi.waitFor(() => expect(seen).toEqual([2]))
})

describe('progress', () => {
  const attempts = (states: FeedStatus[]) =>
    states.flatMap((status) => (status.state === 'waiting' ? [status.attempt] : []))

  it('is a heartbeat: the rotation of a quiet stream is not a failed attempt', async () => {
    const server = await serve(async (res) => {
      res.write(':\n\n')
      await delay(20)
      res.write(':\n\n')
      await delay(20)
      res.end()
    })
    const { feed, states } = open(server.url, { reconnect: { jitterMs: 1, maxJitterMs: 2, maxAttempts: 2 } })
    await vi.waitFor(() => expect(server.attempts()).toBeGreaterThan(5), { timeout: 10_000 })
    expect(feed.status.state).not.toBe('closed')
    expect(new Set(attempts(states))).toEqual(new Set([2]))
  })

  it('is not the comment a response starts with', async () => {
    const { url } = await serve((res) => res.end(':\n\n'))
    const { feed, states } = open(url, { reconnect: { jitterMs: 1, maxJitterMs: 2, maxAttempts: 3 } })
    await vi.waitFor(() => expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'dropped' } }))
    expect(attempts(states)).toEqual([2, 3, 4])
  })
})

describe('the limit of an event’s size', () => {
  const MI = 1024 * 1024
  const repeat = (text: string, length: number) => text.repeat(Math.ceil(length / text.length))

  it.each([
    ['blocks without data', 'event: ping\n\n'],
    ['blocks without data and with CRLF', 'event: ping\r\n\r\n'],
    ['retry lines', 'retry: 3000\n'],
    ['retry blocks', 'retry: 3000\n\n'],
    ['comments', ': keep-alive\n'],
    ['empty comments', ':\n\n'],
  ])('does not count %s', async (_, block) => {
    const piece = repeat(block, MI / 2)
    const { url } = await serve(async (res) => {
      for (let sent = 0; sent < 20 * MI; sent += piece.length) {
        if (!res.write(piece)) await new Promise((resolve) => res.once('drain', resolve))
      }
      res.write('\ndata: here\n\n')
    })
    const { feed } = open(url)
    const seen = await new Promise((resolve) => {
      feed.on('message', resolve)
      feed.onStatus(({ state }) => state === 'closed' && resolve(state))
    })
    expect(seen).toBe('here')
  })

  it('counts the lines of one event, whatever comments are between them', async () => {
    const piece = `data: ${'x'.repeat(MI)}\n: comment\n`
    const { url } = await serve(async (res) => {
      while (!res.destroyed) {
        if (!res.write(piece))
          await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
      }
    })
    const { feed } = open(url)
    await vi.waitFor(
      () => expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'payload_too_large' } }),
      { timeout: 15_000 },
    )
  })
})
