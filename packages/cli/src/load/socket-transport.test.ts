import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connect, type Feed, type FeedStatus } from '@sse/client'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it } from 'vitest'
import { type SocketObserver, socketTransport } from './socket-transport.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

interface Connection {
  readonly events: [name: string, data: string, id: string | undefined][]
  readonly feed: Feed<Record<string, string>>
  readonly statuses: FeedStatus[]
  /** Head of each request. */
  readonly requests: string[]
}

/** Connects a feed to a server that answers each request by `answer`. */
async function open(
  answer: (socket: Socket) => unknown,
  options: {
    path?: string
    headers?: Record<string, string>
    lastEventId?: string
    timeoutMs?: number
    localAddress?: string
  } = {},
): Promise<Connection> {
  const { path = '/leads', timeoutMs = 10_000, localAddress, ...rest } = options
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true).on('error', () => {})
    socket.once('data', (head) => {
      requests.push(head.toString('latin1'))
      answer(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const events: Connection['events'] = []
  const observer: SocketObserver = {
    localAddress,
    opened: () => {},
    received: () => {},
    event: (...event) => void events.push(event),
  }
  const feed = connect(`http://localhost:${port}${path}`, {
    transport: socketTransport({ address: '127.0.0.1', port, timeoutMs }, observer),
    onError: () => {},
    ...rest,
  })
  const statuses: FeedStatus[] = []
  feed.onStatus((status) => statuses.push(status))
  cleanups.push(() => {
    feed.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { events, feed, statuses, requests }
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
const BODY =
  '\ufeffid: 1\nevent: lead\ndata: näme 😀\n\n: heartbeat\n\ndata: a\r\ndata: b\r\n\r\nretry: 7\nid: ü\ndata:\n\n'
const EVENTS = [
  ['lead', 'näme 😀', '1'],
  ['message', 'a\nb', undefined],
  ['message', '', 'ü'],
]
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)};x=y\r\n${text}\r\n`

describe('a response', () => {
  it.each([
    ['in chunks', `${HEAD}transfer-encoding: chunked\r\n\r\n${chunk(BODY)}`],
    ['with a length', `${HEAD}content-length: 1000\r\n\r\n${BODY}`],
    ['that ends with its connection', `${HEAD.replace('1.1', '1.0')}\r\n${BODY}`],
    [
      'after 100 Continue',
      `HTTP/1.1 100 Continue\r\n\r\n${HEAD}transfer-encoding: chunked\r\n\r\n${chunk(BODY)}`,
    ],
  ])('%s is read, also byte by byte', async (_, response) => {
    for (const step of [Infinity, 1]) {
      const bytes = Buffer.from(response)
      const { events, feed } = await open(async (socket) => {
        for (let at = 0; at < bytes.length; at += step) {
          socket.write(bytes.subarray(at, at + step))
          if (step === 1) await new Promise((resolve) => setImmediate(resolve))
        }
      })
      await until(
        () => events.length === 3,
        () => JSON.stringify(events),
      )
      expect(events).toEqual(EVENTS)
      expect([feed.lastEventId, feed.retryMs]).toEqual(['ü', 7])
    }
  })

  it.each([
    ['in chunks', `${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 'dropped'],
    ['with its connection', `${HEAD.replace('1.1', '1.0')}\r\ndata: 1\n\n`, 'dropped'],
    ['in the middle of a chunk', `${HEAD}transfer-encoding: chunked\r\n\r\n20\r\ndata: 1\n\n`, 'network'],
    ['before its length', `${HEAD}content-length: 20\r\n\r\ndata: 1\n\n`, 'network'],
    ['in its head', HEAD, 'network'],
  ])('that ends %s is reported as %s', async (_, response, code) => {
    const { statuses } = await open((socket) => socket.end(response))
    const waiting = await until(() => statuses.find(({ state }) => state === 'waiting'))
    expect(waiting).toMatchObject({ error: { code } })
  })

  it('with an endless event ends the attempt', async () => {
    const { statuses } = await open((socket) => {
      socket.write(`${HEAD}\r\ndata: `)
      const fill = () => {
        while (!socket.destroyed && socket.write('x'.repeat(1 << 16)));
      }
      socket.on('drain', fill)
      fill()
    })
    const waiting = await until(() => statuses.find(({ state }) => state === 'waiting' || state === 'closed'))
    expect(waiting).toMatchObject({ error: { code: 'payload_too_large' } })
  })

  it('that refuses is reported with status, code, message and Retry-After', async () => {
    const body = JSON.stringify({ code: 'draining', message: 'Restarting' })
    const { statuses } = await open((socket) =>
      socket.write(
        `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 3\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ),
    )
    const waiting = await until(() => statuses.find(({ state }) => state === 'waiting'))
    expect(waiting).toMatchObject({
      error: {
        code: 'http_status',
        status: 503,
        retryAfterMs: 3_000,
        cause: { code: 'draining', message: 'Restarting' },
      },
    })
  })

  it('with status 204 closes the feed', async () => {
    const { statuses } = await open((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
    await until(() => statuses.some((status) => status.state === 'closed' && status.reason === 'no_content'))
  })
})

it('does not blame the server for an answer that this process was too busy to read', async () => {
  const { statuses } = await open(
    (socket) => {
      socket.write(`${HEAD}\r\n`)
      const until = performance.now() + 900
      while (performance.now() < until);
    },
    { timeoutMs: 200 },
  )
  await until(() => statuses.length >= 2)
  expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'open'])
})

it('gives an answer up that does not come in time', async () => {
  const { statuses } = await open(() => {}, { timeoutMs: 200 })
  const waiting = await until(() => statuses.find(({ state }) => state === 'waiting'))
  expect(waiting).toMatchObject({ error: { code: 'network', cause: { code: 'NO_ANSWER' } } })
})

it('requests path, query, headers and the last event id', async () => {
  const { requests } = await open((socket) => socket.write(`${HEAD}\r\n`), {
    path: '/a%20b?q=1',
    headers: { 'X-User': 'ada' },
    lastEventId: 'näme',
  })
  const head = await until(() => requests[0])
  expect(head).toMatch(
    /^GET \/a%20b\?q=1 HTTP\/1\.1\r\nhost: localhost:\d+\r\naccept: text\/event-stream\r\n/,
  )
  expect(head).toMatch(/\r\nX-User: ada\r\n/i)
  expect(head).toContain(`\r\nlast-event-id: ${Buffer.from('näme').toString('latin1')}\r\n`)
  expect(head.endsWith('\r\n\r\n')).toBe(true)
})

it.runIf(process.platform === 'linux')('connects from another address of this machine', async () => {
  let from: string | undefined
  await open(
    (socket) => {
      from = socket.remoteAddress
    },
    { localAddress: '127.0.0.2' },
  )
  expect(await until(() => from)).toBe('127.0.0.2')
})

it('reports nothing after it was closed, not even the rest of what it has read', async () => {
  const { events, feed } = await open((socket) =>
    socket.write(`${HEAD}\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n`),
  )
  feed.on('message', () => feed.close())
  await until(() => feed.status.state === 'closed')
  expect(events).toHaveLength(1)
})
