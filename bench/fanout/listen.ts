import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What ten thousand clients that come at once need: Node's own queue of 511 would turn some away for a second. */
const BACKLOG = 4096

export async function listen(onRequest: RequestListener): Promise<number> {
  return listenOn(createServer(onRequest))
}

export async function listenOn(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
