import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a port that can be cut: every connection over it breaks at once, and new ones are let through. */
export class TcpLink implements Disposable {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  static async open(target: number): Promise<TcpLink> {
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1')
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => {})
        // As the other end sees it when this one breaks: no goodbye.
        socket.once('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpLink(server, sockets)
  }

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  /** @returns how many connections broke. */
  cut(): number {
    const count = this.#sockets.size / 2
    for (const socket of this.#sockets) socket.resetAndDestroy()
    return count
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.cut()
  }
}
