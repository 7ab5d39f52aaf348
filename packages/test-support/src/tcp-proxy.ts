import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy before a server on this machine: a test can cut its connections, silence the server, or move it. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  /** Each connection's two sockets: to the client and to the server. */
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>()
  #target: number
  /** Number of chunks that clients have sent and `isCounted` accepts, over all connections. */
  sent = 0
  isCounted: (chunk: Buffer) => boolean = () => true
  /** Number of connections that were opened. */
  opened = 0
  /** Bytes that the server has sent, over all connections. */
  receivedBytes = 0
  /** Pause after each chunk that the server sends, in milliseconds: a slow network. */
  pauseMs = 0
  /** Drops what the server sends, while what the client sends still arrives. */
  isMuted = false

  /** @param target port of the server. */
  static async open(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#connect(client))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Resets every connection, without a regular end. New ones are accepted. Returns how many were reset. */
  cut(): number {
    const count = this.#pairs.size
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy()
    return count
  }

  /** Cuts every connection and forwards new ones to another port, as a load balancer does in a failover. */
  moveTo(target: number): void {
    this.#target = target
    this.cut()
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.cut()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #connect(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    const pair = [client, server] as const
    this.opened += 1
    this.#pairs.add(pair)
    client.on('data', (chunk: Buffer) => {
      if (this.isCounted(chunk)) this.sent += 1
    })
    server.on('data', ({ length }) => {
      this.receivedBytes += length
    })
    forward(client, server)
    forward(
      server,
      client,
      () => !this.isMuted,
      () => this.pauseMs,
    )
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
  }
}

/** Pipes with backpressure, except for chunks that `isWanted` refuses. */
function forward(from: Socket, to: Socket, isWanted = () => true, pauseMs = () => 0): void {
  from.on('data', (bytes) => {
    if (!isWanted()) return
    if (!to.write(bytes)) from.pause()
    if (pauseMs() === 0) return
    from.pause()
    setTimeout(() => from.resume(), pauseMs())
  })
  to.on('drain', () => from.resume())
  from.on('end', () => to.end())
}
