import { connect, type Socket } from 'node:net'
import { afterEach, vi } from 'vitest'
import type { RunningServer } from './adapter-servers.ts'
import { request } from './raw-client.ts'

const servers: RunningServer[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** Closes the server when the test ends. */
export async function scoped(starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting
  servers.push(server)
  return server
}

/** A client that has sent its request and reads nothing until it is told to. */
export function stalledReader({ origin }: RunningServer): Socket {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').pause()
  socket.write(request('GET', '/leads/1'))
  sockets.push(socket)
  return socket
}

/** One turn of the event loop. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Waits for what has no event of its own. */
export const eventually = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: 10_000, interval: 5 })
