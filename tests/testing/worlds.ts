import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub, memory } from '@sse/server'
import { sse } from '@sse/server/node'
import type { SeenRequest } from '@sse/testing'
import { fakeServer } from '@sse/testing'

export const room = defineStream({
  path: '/room/:name',
  heartbeatMs: 60,
  events: { n: type<number>(), text: type<string>(), nothing: type<undefined>() },
})

/** Server under test, fake or real. */
export interface World extends AsyncDisposable {
  fetch: typeof fetch
  origin: string
  /** Publishes to all connections. */
  publish(name: 'n' | 'text' | 'nothing', payload: never): Promise<unknown>
  /** Cuts every connection. */
  cut(): void
  /** Removes all history. */
  trim(): Promise<void>
  /** Number of open connections. */
  connections(): number
  /** Refuses the next request. */
  refuseNext(status: number, retryAfterMs?: number): void
  acks(): Promise<(string | undefined)[]>
}

export const worlds: Record<'fake' | 'real', () => Promise<World>> = {
  async fake() {
    const server = fakeServer(room)
    server.retry(5)
    return {
      fetch: server.fetch,
      origin: 'http://test',
      publish: async (name, payload) => server.send(name, payload),
      cut: () => server.drop(),
      trim: async () => server.gap('trimmed'),
      connections: () => server.connections.length,
      refuseNext: (status, retryAfterMs) =>
        server.refuse(status, { times: 1, code: 'no', message: 'No', ...(retryAfterMs && { retryAfterMs }) }),
      acks: async () => server.acks.map(({ lastEventId }: SeenRequest) => lastEventId),
      async [Symbol.asyncDispose]() {
        server.close()
      },
    }
  },

  async real() {
    const engine = memory()
    // Nothing but the engine holds history: it is gone when that is trimmed.
    const hub = createHub(room, { engine, ring: { maxEvents: 0 } })
    // Acknowledgements of ada are stored; a newcomer starts now, as with the fake server.
    const stream = sse(hub, {
      authorize: () => 'ada',
      subscriber: ({ req }) => req.method === 'POST' && 'ada',
      channels: 'all',
      retryMs: 5,
    })
    let refusals: { status: number; retryAfterMs: number | undefined }[] = []
    const server = createServer((req, res) => {
      if (req.url?.endsWith('/ack')) return stream(req, res)
      const refusal = refusals.shift()
      return refusal ? refuse(res, refusal.status, refusal.retryAfterMs) : stream(req, res)
    })
    const sockets = new Set<Socket>()
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const cut = () => {
      for (const socket of sockets) socket.destroy()
    }
    return {
      fetch,
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      publish: (name, payload) => hub.publish('all', name, payload),
      cut,
      trim: () =>
        engine.trim({
          maxEvents: 0,
          maxAgeMs: Number.POSITIVE_INFINITY,
          maxCommitAgeMs: Number.POSITIVE_INFINITY,
        }),
      connections: () => hub.stats().connections,
      refuseNext: (status, retryAfterMs) => {
        refusals = [{ status, retryAfterMs }]
      },
      acks: async () => [await hub.committed('ada')],
      async [Symbol.asyncDispose]() {
        await hub.close()
        cut()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}

function refuse(res: ServerResponse, status: number, retryAfterMs: number | undefined): void {
  res.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(retryAfterMs && { 'retry-after': String(retryAfterMs / 1_000) }),
  })
  res.end(JSON.stringify({ code: 'no', message: 'No' }))
}
