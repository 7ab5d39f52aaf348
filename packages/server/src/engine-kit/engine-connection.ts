import type { SseError } from '@sse/contract'
import { closed, unavailable } from './failures.ts'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

/** One connection to one server. It does not reconnect: `EngineConnection` opens another one. */
export interface RawConnection {
  /** Calls `callback` once, when the connection is lost or destroyed; at once if it already is. */
  onLost(callback: () => void): void
  /** Closes the connection. Calls in flight reject. */
  destroy(): unknown
}

export interface EngineConnectionSettings<Connection extends RawConnection> {
  /**
   * Opens a connection and checks the server. Rejects with an `SseError`; on `engine_failed`, waiting calls reject at
   * once.
   */
  readonly open: () => Promise<Connection>
  /** Called with each new connection, before any call gets it. */
  readonly onOpen?: (connection: Connection) => void
  /** Converts the error of a failed call. */
  readonly toSseError: (error: unknown, connection: Connection) => SseError
  /** Returns whether a failed call needs another connection, perhaps to another server. Default: never. */
  readonly needsReconnect?: (error: unknown) => boolean
  /** Server, as the start of a message: `Redis at 10.0.0.7:6379`. */
  readonly server: string
  /** Maximum time a call waits for a connection, in milliseconds. */
  readonly timeoutMs: number
}

interface Waiter<Connection> {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

/**
 * An engine's connection to its server. It opens at first use and reconnects with a backoff of 50 ms to 2 s with full
 * jitter, so that the processes of an app do not reconnect together.
 */
export class EngineConnection<Connection extends RawConnection> {
  readonly #settings: EngineConnectionSettings<Connection>
  readonly #waiting = new Set<Waiter<Connection>>()
  #live: Connection | undefined
  #isConnecting = false
  #attempt = 0
  #failure: SseError | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(settings: EngineConnectionSettings<Connection>) {
    this.#settings = settings
  }

  /** Whether it is connected. */
  get isLive(): boolean {
    return this.#live !== undefined
  }

  /**
   * Resolves with the connection as soon as there is one.
   *
   * @throws {SseError} the reason there is none: after `timeoutMs`, or at once for a permanent failure.
   */
  connection(): Promise<Connection> {
    if (this.#live) return Promise.resolve(this.#live)
    if (this.#isClosed) return Promise.reject(closed())
    if (this.#failure?.code === 'engine_failed' && !this.#isConnecting) return Promise.reject(this.#failure)
    const { server, timeoutMs } = this.#settings
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter)
        reject(this.#failure ?? unavailable(`${server} cannot be reached: no connection yet`))
      }, timeoutMs)
      const waiter: Waiter<Connection> = {
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
      this.#connect()
    })
  }

  /** Runs `work` on the connection. @throws {SseError} from `toSseError`; `engine_unavailable` once it is closed. */
  async run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const { toSseError, needsReconnect } = this.#settings
    const connection = await this.connection()
    try {
      return await work(connection)
    } catch (error) {
      if (this.#isClosed) throw closed(error)
      if (needsReconnect?.(error)) connection.destroy()
      throw toSseError(error, connection)
    }
  }

  /** Closes the current connection, so that another one is opened. */
  reset(): void {
    this.#live?.destroy()
  }

  /** Closes the connection for good, and resolves once it is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#settle(({ reject }) => reject(closed()))
    await this.#live?.destroy()
  }

  #connect(): void {
    if (this.#isClosed || this.#live || this.#isConnecting || this.#timer) return
    this.#isConnecting = true
    this.#settings.open().then(
      (connection) => this.#adopt(connection),
      (error) => this.#retry(error),
    )
  }

  #adopt(connection: Connection): void {
    this.#isConnecting = false
    if (this.#isClosed) {
      connection.destroy()
      return
    }
    this.#live = connection
    this.#failure = undefined
    const since = performance.now()
    connection.onLost(() => {
      this.#live = undefined
      // A connection that breaks as soon as it is used must not reset the backoff.
      if (performance.now() - since > MAX_DELAY_MS) this.#attempt = 0
      this.#later()
    })
    this.#settings.onOpen?.(connection)
    this.#settle(({ resolve }) => resolve(connection))
  }

  #retry(error: SseError): void {
    this.#isConnecting = false
    this.#failure = error
    this.#later()
    if (error.code === 'engine_failed') this.#settle(({ reject }) => reject(error))
  }

  #settle(end: (waiter: Waiter<Connection>) => void): void {
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
      this.#connect()
    }, delayMs)
  }
}
