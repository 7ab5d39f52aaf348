import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { room } from './room.ts'

/**
 * Rooms for hooks: `POST /publish/NAME/FROM/TO` publishes these numbers, `GET /connections/NAME` answers
 * `[opened so far, open now]`, `POST /cut/NAME` cuts its connections, `POST /refuse/NAME` answers 403 from then on.
 */
export async function startRoomServer(): Promise<{ origin: string; close(): Promise<void> }> {
  const hub = createHub(room)
  const responses = new Map<string, Set<ServerResponse>>()
  const refused = new Set<string>()
  const counts = new Map<string, [opened: number, open: number]>()
  const stream = sse(hub, { authorize: () => true, channels: ({ params }) => params.name })
  const server = createServer(async (req, res) => {
    res.setHeader('access-control-allow-origin', '*')
    res.setHeader('access-control-allow-headers', 'last-event-id, authorization')
    const [, what, name = '', from, to] = (req.url ?? '').split('/')
    const count = counts.get(name) ?? [0, 0]
    if (req.method === 'OPTIONS') res.writeHead(204).end()
    else if (what === 'cut') {
      for (const response of responses.get(name) ?? []) response.destroy()
      res.end()
    } else if (what === 'refuse') {
      refused.add(name)
      res.end()
    } else if (what === 'connections') res.end(JSON.stringify(count))
    else if (what === 'publish') {
      const all = []
      for (let n = Number(from); n <= Number(to); n += 1) all.push(hub.publish(name, 'n', n))
      await Promise.all(all)
      res.end()
    } else {
      count[0] += 1
      count[1] += 1
      counts.set(name, count)
      const open = responses.get(name) ?? new Set()
      responses.set(name, open.add(res))
      res.once('close', () => {
        open.delete(res)
        count[1] -= 1
      })
      if (refused.has(name)) res.writeHead(403).end()
      else stream(req, res)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await hub.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
