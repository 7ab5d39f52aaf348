import type { Connection } from './connection.ts'
import { closed, explain, unavailable } from './failure.ts'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

export interface LinkSettings {
  /** Opens a connection, and looks at it before anybody uses it. */
  readonly open: () => Promise<Connection>
  readonly onOpen: (connection: Connection) => void
  /** Where the servers are and whose hub it is, for messages. */
  readonly where: string
  readonly hub: string
  readonly timeoutMs: number
}

interface Waiter {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

/** The connection of a process, which heals by itself: back-off with full jitter. */
export class Link {
  readonly #settings: LinkSettings
  #live: Connection | undefined
  #isConnecting = false
  #attempt = 0
  #failure: { code: string } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting = new Set<Waiter>()
  #isClosed = false

  constructor(settings: LinkSettings) {
    this.#settings = settings
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * The connection, as soon as there is one.
   *
   * @throws {SseError} why there is none: after `timeoutMs`, at once for what does not pass by itself.
   */
  connection(): Promise<Connection> {
    if (this.#live) return Promise.resolve(this.#live)
    if (this.#isClosed) return Promise.reject(closed())
    if (this.#failure?.code === 'engine_failed' && !this.#isConnecting) return Promise.reject(this.#failure)
    const { where, timeoutMs } = this.#settings
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter)
        reject(this.#failure ?? unavailable(`NATS at ${where} cannot be reached: no connection yet`))
      }, timeoutMs)
      const waiter: Waiter = {
        resolve: (connection) => {
          clearTimeout(timer)
          resolve(connection)
        },
        reject: (error) => {
          clearTimeout(timer)
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
      throw explain(error, { ...this.#settings, where: connection.where })
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#settle(({ reject }) => reject(closed()))
    await this.#live?.nats.close()
  }

  connect(): void {
    if (this.#isClosed || this.#live || this.#isConnecting || this.#timer) return
    this.#isConnecting = true
    this.#settings.open().then(
      (connection) => this.#adopt(connection),
      (error) => this.#retry(explain(error, this.#settings)),
    )
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
    this.#settings.onOpen(connection)
    this.#settle(({ resolve }) => resolve(connection))
  }

  #retry(error: { code: string }): void {
    this.#isConnecting = false
    this.#failure = error
    this.#later()
    if (error.code === 'engine_failed') this.#settle(({ reject }) => reject(error))
  }

  #settle(end: (waiter: Waiter) => void): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const waiter of waiting) end(waiter)
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
