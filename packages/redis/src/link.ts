import { Connection, type ConnectionSettings } from './connection.ts'
import { asksForReconnect, explain, unavailable } from './failure.ts'
import type { FindPrimary } from './primary.ts'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

export interface LinkSettings extends ConnectionSettings {
  readonly findPrimary: FindPrimary
  /** The hub's, for messages. */
  readonly name: string
  /** Looks at a new connection before anybody uses it. */
  readonly greet: (connection: Connection) => Promise<void>
}

interface Waiter {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

/** A connection to whoever is primary, that heals by itself: back-off with full jitter. */
export class Link {
  readonly #settings: LinkSettings
  #live: Connection | undefined
  #isConnecting = false
  #attempt = 0
  #failure: unknown
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting = new Set<Waiter>()
  #isClosed = false

  constructor(settings: LinkSettings) {
    this.#settings = settings
  }

  /**
   * The connection, as soon as there is one.
   *
   * @throws {SseError} why there is none: after `timeoutMs`, at once for what does not pass by itself.
   */
  connection(): Promise<Connection> {
    if (this.#live) return Promise.resolve(this.#live)
    if (this.#isClosed) return Promise.reject(closed())
    if ((this.#failure as { code?: string } | undefined)?.code === 'engine_failed' && !this.#isConnecting) {
      return Promise.reject(this.#failure)
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle()
        reject(this.#failure ?? unavailable('Redis cannot be reached: no connection yet'))
      }, this.#settings.timeoutMs)
      const settle = () => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
      }
      const waiter: Waiter = {
        resolve: (connection) => {
          settle()
          resolve(connection)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waiting.add(waiter)
      this.connect()
    })
  }

  /** Does `work` on the connection. @throws {SseError} */
  async run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const connection = await this.connection()
    try {
      return await work(connection)
    } catch (error) {
      if (this.#isClosed) throw closed(error)
      if (asksForReconnect(error)) connection.destroy()
      throw explain(error, connection.where, this.#settings.name)
    }
  }

  /** Lets go of the connection, for another. */
  reset(): void {
    this.#live?.destroy()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#live?.destroy()
    for (const { reject } of [...this.#waiting]) reject(closed())
  }

  connect(): void {
    if (this.#isClosed || this.#live || this.#isConnecting || this.#timer) return
    this.#isConnecting = true
    this.#open().then(
      (connection) => this.#adopt(connection),
      (error) => this.#retry(error),
    )
  }

  async #open(): Promise<Connection> {
    const { findPrimary, greet, name, ...settings } = this.#settings
    const address = await findPrimary()
    try {
      const connection = await Connection.open(address, settings)
      try {
        await greet(connection)
      } catch (error) {
        connection.destroy()
        throw error
      }
      return connection
    } catch (error) {
      throw explain(error, `${address.host}:${address.port}`, name)
    }
  }

  #adopt(connection: Connection): void {
    this.#isConnecting = false
    if (this.#isClosed) return connection.destroy()
    this.#live = connection
    this.#failure = undefined
    const since = performance.now()
    connection.onLost(() => {
      this.#live = undefined
      // One that breaks as soon as it is used is no reason to hurry.
      if (performance.now() - since > MAX_DELAY_MS) this.#attempt = 0
      this.#later()
    })
    for (const { resolve } of [...this.#waiting]) resolve(connection)
  }

  #retry(error: unknown): void {
    this.#isConnecting = false
    this.#failure = error
    this.#later()
    if ((error as { code?: string }).code !== 'engine_failed') return
    for (const { reject } of [...this.#waiting]) reject(error)
  }

  #later(): void {
    if (this.#isClosed) return
    const delayMs = Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempt)
    this.#attempt += 1
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.connect()
    }, delayMs)
  }
}

export function closed(cause?: unknown): Error {
  return unavailable('This engine is closed', cause)
}
