import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createHub } from '@sse/server'
import { gzip } from '@sse/server/gzip'
import { sse } from '@sse/server/node'
import { inbox } from './inbox.ts'

/**
 * A hub for any page: `POST /publish/CHANNEL/N` publishes and answers with the id, `POST /cut` cuts every other
 * connection, `GET /committed/OWNER` tells what was acknowledged. Below `/gzip` the stream is compressed, and refused to
 * a client that does not accept that.
 */
export async function startHubServer(): Promise<{ origin: string; close(): Promise<void> }> {
  const hub = createHub(inbox)
  const options = {
    authorize: ({ params }: { params: { owner: string } }) => `subscriber ${params.owner}`,
    channels: ({ params }: { params: { owner: string } }) => params.owner,
    retryMs: 10,
  }
  const stream = sse(hub, options)
  const compressed = sse(hub, { ...options, compression: gzip() })
  const sockets = new Set<Socket>()
  const server = createServer(async (req, res) => {
    res.setHeader('access-control-allow-origin', '*')
    res.setHeader('access-control-allow-headers', 'last-event-id, content-type')
    const [, what, channel = '', n] = (req.url ?? '').split('/')
    if (req.method === 'OPTIONS') res.writeHead(204).end()
    else if (what === 'publish') res.end(await hub.publish(channel, 'n', Number(n)))
    else if (what === 'committed') res.end((await hub.committed(`subscriber ${channel}`)) ?? '')
    else if (what === 'cut') {
      for (const socket of sockets) if (socket !== req.socket) socket.destroy()
      res.end()
    } else if (what !== 'gzip') stream(req, res)
    else if (!req.headers['accept-encoding']?.includes('gzip')) res.writeHead(406).end()
    else compressed(Object.assign(req, { url: req.url?.slice('/gzip'.length) }), res)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
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
