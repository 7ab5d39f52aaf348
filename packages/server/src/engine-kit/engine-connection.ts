import type { SseError } from '@sse/contract'
import { closed, unavailable } from './failures.ts'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

/** One connection to one server. It does not come back once it is lost: its link opens another. */
export interface RawConnection {
  /** Calls back once, when the connection is lost or let go; also if it is already. */
  onLost(callback: () => void): void
  /** Lets go of it: what was asked and has no answer yet rejects. What this resolves with is not looked at. */
  destroy(): unknown
}

export interface EngineConnectionSettings<Connection extends RawConnection> {
  /**
   * Opens a connection, and looks at it before anybody uses it. Rejects with an `SseError`: on `engine_failed`, those
   * who wait are told at once.
   */
  readonly open: () => Promise<Connection>
  /** Told of each new connection, before anybody has it. */
  readonly onOpen?: (connection: Connection) => void
  /** What a call that failed is told. */
  readonly explain: (error: unknown, connection: Connection) => SseError
  /** Whether another connection, perhaps to another server, is what a failed call takes. Default: no. */
  readonly asksForReconnect?: (error: unknown) => boolean
  /** Whose connection it is, to begin a message with: `Redis at 10.0.0.7:6379`. */
  readonly server: string
  /** How long a call waits for a connection, in milliseconds. */
  readonly timeoutMs: number
}

interface Waiter<Connection> {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

/**
 * An engine's connection to its server. Opened when it is first needed, and again when it breaks: after 50 ms, 100 ms …
 * 2 s, each with full jitter, so that the processes of an app do not come back together.
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

  /** Whether there is a connection at the moment. */
  get isLive(): boolean {
    return this.#live !== undefined
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

  /** Does `work` on the connection. @throws {SseError} as `explain` has it; `engine_unavailable` once it is closed. */
  async run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const { explain, asksForReconnect } = this.#settings
    const connection = await this.connection()
    try {
      return await work(connection)
    } catch (error) {
      if (this.#isClosed) throw closed(error)
      if (asksForReconnect?.(error)) connection.destroy()
      throw explain(error, connection)
    }
  }

  /** Lets go of the connection, for another. */
  reset(): void {
    this.#live?.destroy()
  }

  /** Resolves once the connection is let go; nothing is opened any more. */
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
      // One that breaks as soon as it is used is no reason to hurry.
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
