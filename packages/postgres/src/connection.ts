import type { ConnectionOptions } from 'node:tls'
import { unavailable } from '@sse/server/engine-kit'
import { Client, type QueryArrayConfig } from 'pg'

export type Row = (string | number | boolean | null | string[])[]

export interface ConnectionSettings {
  readonly url: string | undefined
  readonly password: string | (() => string | Promise<string>) | undefined
  readonly tls: boolean | ConnectionOptions | undefined
  readonly timeoutMs: number
}

const GOODBYE_MS = 500

/** One connection to one server. It does not come back once it is lost: whoever uses it opens another. */
export class Connection {
  readonly #client: Client
  readonly #timeoutMs: number
  readonly #onLost: (() => void)[] = []
  #isLost = false
  #tail: Promise<unknown> = Promise.resolve()

  /** Not open yet. Asks for the password, where that is a function. */
  static async create(settings: ConnectionSettings): Promise<Connection> {
    const { password } = settings
    return new Connection(settings, typeof password === 'function' ? await password() : password)
  }

  private constructor({ url, tls, timeoutMs }: ConnectionSettings, password: string | undefined) {
    this.#timeoutMs = timeoutMs
    this.#client = new Client({
      ...(url === undefined ? { password } : { connectionString: completeUrl(url, password, tls) }),
      ...(tls !== undefined && { ssl: tls }),
      application_name: '@sse/postgres',
      keepAlive: true,
    })
    this.#client.on('error', () => this.#lose())
    this.#client.on('end', () => this.#lose())
  }

  /** `host:port/database`, for messages. */
  get where(): string {
    const { host, port, database } = this.#client
    return `${host.startsWith('/') ? host : `${host}:${port}`}/${database ?? ''}`
  }

  /** Rejects with what the client library or the server says, after `timeoutMs` at the latest. */
  async open(): Promise<void> {
    try {
      await this.#within(this.#client.connect())
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  /** Calls back once, when the connection is lost or let go. */
  onLost(callback: () => void): void {
    if (this.#isLost) callback()
    else this.#onLost.push(callback)
  }

  onNotification(callback: (payload: string) => void): void {
    this.#client.on('notification', ({ payload = '' }) => callback(payload))
  }

  /** Runs one statement; never prepared by name, which poolers cannot keep. */
  async query(text: string, values: unknown[] = []): Promise<Row[]> {
    const query: QueryArrayConfig = { text, values, rowMode: 'array' }
    const { rows } = await this.#within(this.#inTurn(() => this.#client.query(query)))
    return rows as Row[]
  }

  /** Runs statements without parameters, all or none. */
  async script(text: string): Promise<void> {
    await this.#within(this.#inTurn(() => this.#client.query(text)))
  }

  /** Says good-bye; a server that does not answer to it is left all the same. */
  destroy(): void {
    this.#lose()
    const { stream } = this.#client.connection
    const timer = setTimeout(() => stream.destroy(), GOODBYE_MS)
    this.#client
      .end()
      .catch(() => {})
      .finally(() => clearTimeout(timer))
  }

  /** One statement at a time: the client library keeps no queue of its own. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#tail.then(work)
    this.#tail = turn.catch(() => {})
    return turn
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    for (const callback of this.#onLost) callback()
  }

  /** After a silence nobody knows which answer is next: the connection is given up. */
  #within<Value>(answer: Promise<Value>): Promise<Value> {
    const ms = this.#timeoutMs
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(unavailable(`Postgres at ${this.where} has not answered for ${ms} ms`))
        this.destroy()
      }, ms)
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

/** For the client library the URL wins, for us the options do. */
function completeUrl(text: string, password: string | undefined, tls: unknown): string {
  const url = new URL(text)
  if (password !== undefined) url.password = password
  if (tls !== undefined) {
    for (const name of [...url.searchParams.keys()]) if (/^ssl/.test(name)) url.searchParams.delete(name)
  }
  return url.href
}
