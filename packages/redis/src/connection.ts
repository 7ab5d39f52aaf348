import { createClient } from '@redis/client'
import { unavailable } from '@sse/server/engine-kit'
import type { Address, Credentials } from './redis-options.ts'

/** What a server answers, RESP 2. */
export type Reply = string | number | null | Reply[]

export interface ConnectionSettings extends Credentials {
  readonly database?: number | undefined
  readonly timeoutMs: number
}

/** One connection to one server. It does not come back once it is lost: whoever uses it opens another. */
export class Connection {
  readonly where: string
  readonly #client: ReturnType<typeof createBareClient>
  readonly #timeoutMs: number
  #onLost: (() => void) | undefined
  #isLost = false

  /** Rejects with what the client library or the server says, after `timeoutMs` at the latest. */
  static async open(address: Address, settings: ConnectionSettings): Promise<Connection> {
    const connection = new Connection(address, settings)
    try {
      await connection.#within(settings.timeoutMs, connection.#client.connect())
    } catch (error) {
      connection.destroy()
      // With `reconnectStrategy` off, what went wrong is wrapped.
      const { originalError } = error as { originalError?: unknown }
      throw originalError ?? error
    }
    return connection
  }

  private constructor(address: Address, settings: ConnectionSettings) {
    this.where = `${address.host}:${address.port}`
    this.#timeoutMs = settings.timeoutMs
    this.#client = createBareClient(address, settings)
    this.#client.on('error', () => this.#lose())
    this.#client.on('end', () => this.#lose())
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Calls back once, when the connection is lost or let go. */
  onLost(callback: () => void): void {
    if (this.#isLost) callback()
    else this.#onLost = callback
  }

  /**
   * Sends a command. Commands of one turn of the event loop are one write.
   *
   * @param blockMs for how long the server may sit on the answer by itself.
   */
  send(command: string[], blockMs = 0): Promise<Reply> {
    return this.#within(this.#timeoutMs + blockMs, this.#client.sendCommand<Reply>(command))
  }

  destroy(): void {
    this.#lose()
    try {
      this.#client.destroy()
    } catch {
      // It was closed already.
    }
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#onLost?.()
  }

  /** After a silence nobody knows which answer is next: the connection is given up. */
  #within<Value>(ms: number, answer: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(unavailable(`Redis at ${this.where} has not answered for ${ms} ms`))
        this.destroy()
      }, ms)
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

/** Neither queues while offline nor reconnects: both are decided here, for both connections alike. */
function createBareClient(
  { host, port }: Address,
  { username, password, tls, database, timeoutMs }: ConnectionSettings,
) {
  const socket = { host, port, connectTimeout: timeoutMs, reconnectStrategy: false as const }
  return createClient({
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    socket: tls ? { ...socket, ...(tls === true ? {} : tls), tls: true } : socket,
  })
}
