import { setTimeout as pause } from 'node:timers/promises'
import { Connection, type ConnectionSettings, type Row } from './connection.ts'
import { asksForReconnect, closed, explain, isCollision, unavailable } from './failure.ts'

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000
/** What met another call is tried again within `timeoutMs`, after 1 ms, 2 ms, … up to this, with full jitter. */
const MAX_COLLISION_PAUSE_MS = 64

export interface LinkSettings extends ConnectionSettings {
  readonly schema: string
  /** Looks at a new connection before anybody uses it. */
  readonly greet: (connection: Connection) => Promise<void>
}

interface Waiter {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

/** A connection that is opened when it is needed and heals by itself: back-off with full jitter. */
export class Link {
  readonly #settings: LinkSettings
  #live: Connection | undefined
  #isConnecting = false
  #attempt = 0
  #failure: unknown
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #waiting = new Set<Waiter>()
  #isClosed = false

  constructor(settings: LinkSettings) {
    this.#settings = settings
  }

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
    if ((this.#failure as { code?: string } | undefined)?.code === 'engine_failed' && !this.#isConnecting) {
      return Promise.reject(this.#failure)
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter)
        reject(this.#failure ?? unavailable('Postgres cannot be reached: no connection yet'))
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
      this.#connect()
    })
  }

  /** Does `work` on the connection, again when it met somebody else's. @throws {SseError} */
  async run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + this.#settings.timeoutMs
    for (let collisions = 0; ; collisions += 1) {
      const connection = await this.connection()
      try {
        return await work(connection)
      } catch (error) {
        if (this.#isClosed) throw closed(error)
        if (asksForReconnect(error)) connection.destroy()
        if (!isCollision(error) || performance.now() > deadline) {
          throw explain(error, { where: connection.where, schema: this.#settings.schema })
        }
        await pause(Math.random() * Math.min(MAX_COLLISION_PAUSE_MS, 2 ** collisions))
      }
    }
  }

  /** Runs one statement. @throws {SseError} */
  query(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.run((connection) => connection.query(text, values))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#live?.destroy()
    for (const { reject } of [...this.#waiting]) reject(closed())
  }

  #connect(): void {
    if (this.#isClosed || this.#live || this.#isConnecting || this.#timer) return
    this.#isConnecting = true
    this.#open().then(
      (connection) => this.#adopt(connection),
      (error) => this.#retry(error),
    )
  }

  async #open(): Promise<Connection> {
    const { greet, schema } = this.#settings
    let where = 'the address given'
    try {
      const connection = await Connection.create(this.#settings)
      where = connection.where
      await connection.open()
      try {
        await greet(connection)
      } catch (error) {
        connection.destroy()
        throw error
      }
      return connection
    } catch (error) {
      throw explain(error, { where, schema })
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
      this.#connect()
    }, delayMs)
  }
}
