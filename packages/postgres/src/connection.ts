import type { Socket } from 'node:net'
import { isSseError, type SseError } from '@sse/server'
import { unavailable, within } from '@sse/server/engine-kit'
import { Client, type QueryArrayConfig } from 'pg'
import { toSseError } from './errors.ts'
import type { ConnectionSettings } from './options.ts'

export type Row = (string | number | boolean | null | string[])[]

/** Silence after which the system checks that the server's machine is there, in milliseconds. Linux: 10 times, each second. */
const KEEP_ALIVE_MS = 10_000
/** Time a server has to answer when a connection is closed, in milliseconds. */
const CLOSE_MS = 500

/** One connection to one server. It never reconnects. */
export class PostgresConnection {
  readonly #client: Client
  readonly #timeoutMs: number
  readonly #onLost: (() => void)[] = []
  #isLost = false
  /** Why the connection was given up, for the calls that were waiting for their turn. */
  #failure: SseError | undefined
  #tail: Promise<unknown> = Promise.resolve()

  /** Connects and signs in, within `timeoutMs`. @throws {SseError} */
  static async open(settings: ConnectionSettings): Promise<PostgresConnection> {
    let connection: PostgresConnection | undefined
    try {
      connection = new PostgresConnection(settings, await loadPassword(settings))
      await connection.#inTime(connection.#client.connect())
      return connection
    } catch (error) {
      connection?.destroy()
      const where = connection?.where ?? 'the address given'
      throw toSseError(error, { where, schema: settings.schema })
    }
  }

  private constructor({ url, tls, timeoutMs }: ConnectionSettings, password: string | undefined) {
    this.#timeoutMs = timeoutMs
    this.#client = new Client({
      ...(url === undefined ? { password } : { connectionString: completeUrl(url, password, tls) }),
      ...(tls !== undefined && { ssl: tls }),
      application_name: '@sse/postgres',
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    })
    this.#client.on('error', () => this.#lose())
    this.#client.on('end', () => this.#lose())
  }

  /** `host:port/database`, for messages. */
  get where(): string {
    const { host, port, database } = this.#client
    return `${host.startsWith('/') ? host : `${host}:${port}`}/${database ?? ''}`
  }

  /** Calls back once, when the connection is lost or destroyed. */
  onLost(callback: () => void): void {
    if (this.#isLost) callback()
    else this.#onLost.push(callback)
  }

  onNotification(callback: (payload: string) => void): void {
    this.#client.on('notification', ({ payload = '' }) => callback(payload))
  }

  /** Runs one statement. It is never prepared by name, which poolers cannot keep. */
  query(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#inTurn(() => this.#send(text, values))
  }

  /** Runs statements without parameters, all or none. */
  async script(text: string): Promise<void> {
    await this.#inTurn(() => this.#inTime(this.#client.query(text)))
  }

  /** Runs several statements in one transaction, and no other statement in between. */
  transaction<Value>(work: (query: PostgresConnection['query']) => Promise<Value>): Promise<Value> {
    const query: PostgresConnection['query'] = (text, values) => this.#send(text, values)
    return this.#inTurn(async () => {
      await query('BEGIN ISOLATION LEVEL READ COMMITTED')
      try {
        const value = await work(query)
        await query('COMMIT')
        return value
      } catch (error) {
        await query('ROLLBACK').catch(() => {})
        throw error
      }
    })
  }

  /** Closes the connection, even if the server does not answer. */
  destroy(): void {
    this.#lose()
    const { stream } = this.#client.connection
    const timer = setTimeout(() => stream.destroy(), CLOSE_MS)
    this.#client
      .end()
      .catch(() => {})
      .finally(() => clearTimeout(timer))
  }

  async #send(text: string, values: unknown[] = []): Promise<Row[]> {
    const query: QueryArrayConfig = { text, values, rowMode: 'array' }
    const { rows } = await this.#inTime(this.#client.query(query))
    return rows as Row[]
  }

  /** Does one thing at a time: the client library has no queue. The timeout of a statement starts with its turn. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#tail.then(() => {
      if (this.#failure) throw this.#failure
      return work()
    })
    this.#tail = turn.catch(() => {})
    return turn
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    for (const callback of this.#onLost) callback()
  }

  /**
   * Rejects once the server has sent nothing for the timeout: a large reply may take longer, and this process may have
   * been too busy to read it. Replies can then no longer be matched to statements: the connection is destroyed.
   */
  #inTime<Value>(reply: Promise<Value>): Promise<Value> {
    const ms = this.#timeoutMs
    const silence = new Promise<never>((_, reject) => {
      let isSettled = false
      const check = (received: number) => {
        if (isSettled) return
        const now = this.#received
        if (now > received) {
          timer = setTimeout(later, ms, now)
          return
        }
        this.#failure = unavailable(`Postgres at ${this.where} has not answered for ${ms} ms`)
        this.destroy()
        reject(this.#failure)
      }
      // After what has arrived was read.
      const later = (received: number) => setImmediate(check, received)
      let timer = setTimeout(later, ms, this.#received)
      const stop = () => {
        isSettled = true
        clearTimeout(timer)
      }
      reply.then(stop, stop)
    })
    return Promise.race([reply, silence])
  }

  get #received(): number {
    return (this.#client.connection.stream as Socket).bytesRead
  }
}

async function loadPassword({ password, timeoutMs }: ConnectionSettings): Promise<string | undefined> {
  if (typeof password !== 'function') return password
  const fail = (reason: string, cause?: unknown) =>
    unavailable(`password() for Postgres failed: ${reason}`, cause)
  try {
    return await within(timeoutMs, Promise.resolve(password()), () => fail(`no result in ${timeoutMs} ms`))
  } catch (error) {
    throw isSseError(error) ? error : fail((error as Error).message, error)
  }
}

/** Lets the options override the URL; in the client library, the URL overrides them. */
function completeUrl(text: string, password: string | undefined, tls: unknown): string {
  const url = new URL(text)
  if (password !== undefined) url.password = password
  if (tls !== undefined) {
    for (const name of [...url.searchParams.keys()]) if (/^ssl/.test(name)) url.searchParams.delete(name)
  }
  return url.href
}
