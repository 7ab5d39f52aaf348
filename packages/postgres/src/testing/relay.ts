import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** An address that stays, before servers that change: what a proxy or a name does in a failover. */
export async function startRelay(to: number) {
  let port = to
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1')
    for (const socket of [inner, outer]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        inner.destroy()
        outer.destroy()
        sockets.delete(socket)
      })
    }
    inner.pipe(outer).pipe(inner)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    moveTo(other: number): void {
      port = other
      cut()
    },
    async stop(): Promise<void> {
      cut()
      server.close()
    },
  }
}
