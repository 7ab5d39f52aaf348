import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A network between an engine and its server that can be cut, and can lose what the server says. */
export class CutProxy {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  /** What the server says does not arrive any more, while what it is told does. */
  isDeaf = false

  static async to(port: number): Promise<CutProxy> {
    const proxy = new CutProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1')
      const pair = [client, upstream] as const
      this.#pairs.add(pair)
      client.on('data', (bytes) => upstream.write(bytes))
      upstream.on('data', (bytes) => {
        if (!this.isDeaf) client.write(bytes)
      })
      for (const socket of pair) {
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#pairs.delete(pair)
          for (const each of pair) each.destroy()
        })
      }
    })
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get connections(): number {
    return this.#pairs.size
  }

  cut(): void {
    for (const [client] of this.#pairs) client.destroy()
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.cut()
  }
}
