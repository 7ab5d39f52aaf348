import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type Feed, fromReadableStream } from '@sse/client'
import { type KeyValueStorage, storedId } from '@sse/client/storage'
import { defineStream, type } from '@sse/contract'
import { encodeMessage } from '@sse/contract/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'

const closing: (() => unknown)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const type200 = { headers: { 'content-type': 'text/event-stream' } }
const bytes = (text: string) => new TextEncoder().encode(text)

/** A feed of a body that stays open. */
function open(text: string, options: Parameters<typeof connect>[1] = {}) {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(bytes(text)) })
  const feed = connect('http://a/', { fetch: async () => new Response(body, type200), ...options })
  closing.push(() => feed.close())
  return feed
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    encodeMessage({ event: `e${index % 3}`, data: `${index}` }),
  ).join('')

/** What a loop gets that only begins to take when everything has come. */
async function takeLate(feed: Feed<Record<string, string>>, count: number) {
  const iterator = feed[Symbol.asyncIterator]()
  await new Promise<void>((resolve) => feed.on('last', () => resolve()))
  const taken: unknown[] = []
  while (taken.length < count) taken.push((await iterator.next()).value)
  return taken.map((event) => (event as { payload: unknown }).payload)
}

describe('a for await loop that falls behind', () => {
  const last = encodeMessage({ event: 'last', data: 'last' })

  it('drops the oldest events and counts them', async () => {
    const feed = open(numbered(100) + last, { overflow: 'drop-oldest', maxQueued: 3 })
    expect(await takeLate(feed, 3)).toEqual(['98', '99', 'last'])
    expect(feed.dropped).toBe(98)
  })

  it('keeps the latest event of each name', async () => {
    const feed = open(numbered(99) + last, { overflow: 'latest' })
    expect(await takeLate(feed, 4)).toEqual(['96', '97', '98', 'last'])
    expect(feed.dropped).toBe(96)
  })

  it('drops a gap last', async () => {
    const gap = encodeMessage({ event: 'sse.gap', data: '{"reason":"trimmed"}' })
    const feed = open(gap + numbered(9) + last, { overflow: 'drop-oldest', maxQueued: 2 })
    expect(await takeLate(feed, 2)).toEqual([{ reason: 'trimmed' }, 'last'])
  })

  it('throws queue_overflow by default, for any bound', async () => {
    const feed = open(numbered(9) + last, { maxQueued: 4 })
    const iterator = feed[Symbol.asyncIterator]()
    await new Promise<void>((resolve) => feed.on('last', () => resolve()))
    for (let index = 0; index < 4; index++) expect((await iterator.next()).done).toBe(false)
    await expect(iterator.next()).rejects.toMatchObject({ code: 'queue_overflow' })
    expect(feed.dropped).toBe(0)
  })
})

describe('an event', () => {
  async function serve(chunk: string, times: number) {
    let written = 0
    let requests = 0
    const server = createServer(async (_, res) => {
      requests += 1
      res.setMaxListeners(0)
      res.writeHead(200, type200.headers)
      res.write('id: 1\ndata: ')
      for (; written < times && !res.destroyed; written++) {
        if (!res.write(chunk))
          await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
      }
      res.write('\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests: () => requests }
  }

  it('of 8 MB in one line and in small pieces is delivered', async () => {
    const { url } = await serve('x'.repeat(1_460), 5_746)
    const feed = connect(url)
    closing.push(() => feed.close())
    const length = await new Promise<number>((resolve) => feed.on('message', (data) => resolve(data.length)))
    expect(length).toBe(1_460 * 5_746)
  })

  it('is delivered after 40 MB of comments', async () => {
    const said = defineStream({ path: '/', events: { message: type<string>() } })
    const comment = bytes(`:${'x'.repeat(1 << 20)}\n`)
    let comments = 0
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        comments += 1
        controller.enqueue(comments <= 40 ? comment : bytes('data: "here"\n\n'))
        if (comments > 40) controller.close()
      },
    })
    const seen: unknown[] = []
    for await (const { payload } of fromReadableStream(said, stream)) seen.push(payload)
    expect(seen).toEqual(['here'])
  })

  it('that never ends closes the feed before it fills the memory, and is not requested again', async () => {
    const { url, requests } = await serve('x'.repeat(1 << 20), 1_000)
    const feed = connect(url, { onError() {} })
    const reason = await new Promise((resolve) =>
      feed.onStatus((status) => status.state === 'closed' && resolve(status)),
    )
    expect(reason).toMatchObject({ reason: 'error', error: { code: 'payload_too_large' } })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(requests()).toBe(1)
  })
})

describe('fromReadableStream', () => {
  const numbers = defineStream({ path: '/', events: { n: type<number>() } })

  it('reads a body as a feed: typed events, then its end', async () => {
    const stream = new Response(`${encodeMessage({ event: 'n', data: '1', id: 'a' })}event: n\ndata: 2\n\n`)
      .body
    const feed = fromReadableStream(numbers, stream as ReadableStream<Uint8Array>)
    const seen: unknown[] = []
    for await (const { event, payload, id } of feed) seen.push([event, payload, id])
    expect(seen).toEqual([
      ['n', 1, 'a'],
      ['n', 2, 'a'],
    ])
    expect(feed.status).toEqual({ state: 'closed', reason: 'ended' })
  })

  it('reports a broken body, cancels it on close, and refuses a locked one', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error('cut')),
    })
    const feed = fromReadableStream(numbers, broken, { onError() {} })
    await vi.waitFor(() => expect(feed.status).toMatchObject({ reason: 'error', error: { code: 'network' } }))
    const cancel = vi.fn()
    const open = new ReadableStream<Uint8Array>({ cancel })
    const second = fromReadableStream(numbers, open)
    await vi.waitFor(() => expect(second.status.state).toBe('open'))
    second.close()
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce())
    expect(() => fromReadableStream(numbers, open)).toThrow(TypeError)
  })
})

describe('a stored id', () => {
  function memory(initial: Record<string, string> = {}) {
    const items = new Map(Object.entries(initial))
    const storage: KeyValueStorage = {
      getItem: (key) => items.get(key) ?? null,
      setItem: vi.fn((key, value) => items.set(key, value)),
    }
    return { items, storage }
  }

  /** The id a page asks for, and once it has seen `ids`, the storage. */
  async function visit(storage: KeyValueStorage, ids: string[], options = {}) {
    let asked: string | null | undefined
    const body = ids.map((id) => encodeMessage({ id, data: id })).join('')
    const feed = connect('http://a/', {
      lastEventId: storedId('leads:42', { storage, ...options }),
      fetch: async (_url, init) => {
        asked = new Headers(init?.headers).get('last-event-id')
        return new Response(new ReadableStream({ start: (c) => c.enqueue(bytes(`${body}\n`)) }), type200)
      },
    })
    closing.push(() => feed.close())
    await vi.waitFor(() => expect(feed.lastEventId).toBe(ids.at(-1) ?? ''))
    await vi.waitFor(() => expect(asked).not.toBe(undefined))
    return asked
  }

  it('is where the next page resumes; another user starts afresh', async () => {
    const { items, storage } = memory()
    expect(await visit(storage, ['a', 'b', 'c'])).toBe(null)
    await vi.waitFor(() => expect(items.get('sse:leads:42')).toContain('"c"'))
    expect(await visit(storage, ['d'])).toBe('c')
    expect(await storedId('leads:43', { storage }).load()).toBe(undefined)
  })

  it('is written a few times a second, at any event rate', async () => {
    const { items, storage } = memory()
    await visit(
      storage,
      Array.from({ length: 5_000 }, (_, index) => `${index}`),
    )
    await vi.waitFor(() => expect(items.get('sse:leads:42')).toContain('4999'))
    expect(storage.setItem).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['older than maxAgeMs', JSON.stringify({ id: 'a', at: Date.now() - 2_000 })],
    ['not ours', '{"id":5,"at":"soon"}'],
    ['null', 'null'],
    ['not JSON', 'a'],
    ['without a time', '{"id":"a"}'],
  ])('that is %s is ignored', async (_, value) => {
    const { storage } = memory({ 'sse:k': value })
    expect(await storedId('k', { storage, maxAgeMs: 1_000 }).load()).toBe(undefined)
  })

  it('of any age is used with maxAgeMs: Infinity, and one from the future after the clock was set back', async () => {
    const { storage } = memory({
      'sse:k': JSON.stringify({ id: 'a', at: 0 }),
      'sse:l': '{"id":"b","at":9e15}',
    })
    expect(await storedId('k', { storage, maxAgeMs: Number.POSITIVE_INFINITY }).load()).toBe('a')
    expect(await storedId('l', { storage }).load()).toBe('b')
  })

  it('can come from an asynchronous storage', async () => {
    const storage = {
      getItem: async () => JSON.stringify({ id: 'slow', at: Date.now() }),
      setItem: async () => {},
    }
    expect(await visit(storage, [])).toBe('slow')
  })

  it('is reported once if the storage throws or is full, and the feed continues', async () => {
    const onError = vi.fn()
    const full = {
      getItem: () => {
        throw new Error('denied')
      },
      setItem: () => {
        throw new Error('full')
      },
    }
    expect(await visit(full, ['a', 'b'], { onError })).toBe(null)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(onError.mock.calls).toEqual([[new Error('denied')]])
  })

  it('is reported if the app’s own IdStore throws, and the feed continues', async () => {
    const onError = vi.fn()
    const load = () => {
      throw new Error('mine')
    }
    const feed = open('id: a\ndata: 1\n\n', { lastEventId: { load, save: load }, onError })
    await new Promise<void>((resolve) => feed.on('message', () => resolve()))
    expect(onError.mock.calls).toEqual([[new Error('mine')], [new Error('mine')]])
  })

  it.each([
    ['a line end', 'a\nb'],
    ['NUL', 'a\0b'],
    ['more than 1,024 characters', 'x'.repeat(1_025)],
  ])('with %s is dropped and reported', async (_, id) => {
    const onError = vi.fn()
    const asked: (string | null)[] = []
    const feed = connect('http://a/', {
      lastEventId: { load: () => id, save() {} },
      onError,
      fetch: async (_url, init) => {
        asked.push(new Headers(init?.headers).get('last-event-id'))
        return new Response(new ReadableStream(), type200)
      },
    })
    closing.push(() => feed.close())
    await vi.waitFor(() => expect(feed.status.state).toBe('open'))
    expect(asked).toEqual([null])
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ code: 'last_event_id_invalid' })]])
  })

  it('is saved after the listeners received the event, and not again for events without an id', async () => {
    const order: string[] = []
    const feed = open('id: a\ndata: 1\n\ndata: 2\n\nid: b\ndata: 3\n\n', {
      lastEventId: { load: () => undefined, save: (id) => order.push(`save ${id}`) },
    })
    feed.on('message', (data) => order.push(data))
    await vi.waitFor(() => expect(order).toEqual(['1', 'save a', '2', '3', 'save b']))
  })

  it('does not include a gap while onGap is pending: a page closed meanwhile is told of the gap again', async () => {
    const saved: string[] = []
    let fill = (_: { resumeFrom: string }) => {}
    const text = `${encodeMessage({ id: '1', data: '1' })}${encodeMessage({ event: 'sse.gap', id: '5', data: '{"reason":"trimmed"}' })}`
    const feed = open(text, {
      lastEventId: { load: () => undefined, save: (id) => saved.push(id) },
      onGap: () =>
        new Promise((resolve) => {
          fill = resolve
        }),
    })
    await vi.waitFor(() => expect(feed.status).toEqual({ state: 'paused', reason: 'gap' }))
    expect(saved).toEqual(['1'])
    fill({ resumeFrom: '8' })
    await vi.waitFor(() => expect(saved).toEqual(['1', '8']))
  })

  it.each([
    ['', {}],
    ['k', { maxAgeMs: 0 }],
    ['k', { maxAgeMs: Number.NaN }],
  ])('storedId(%j, %j) throws option_invalid', (key, options) => {
    expect(() => storedId(key, options)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
  })
})
