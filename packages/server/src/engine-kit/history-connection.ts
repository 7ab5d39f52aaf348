import type { EngineConnection, RawConnection } from './engine-connection.ts'
import { closed } from './failures.ts'

/** Default time without a call after which the connection is closed, in milliseconds. */
const IDLE_MS = 15_000

interface QueuedCall<Connection extends RawConnection> {
  readonly start: (connection: EngineConnection<Connection>) => Promise<void>
  readonly reject: (error: unknown) => void
}

/**
 * An engine's connection for reads of history, so that they delay no append and no live event. It opens at first use,
 * and closes when it was not used for a while. It makes one call at a time: the time limit of a call never includes the
 * replies to others.
 */
export class HistoryConnection<Connection extends RawConnection> {
  readonly #create: () => EngineConnection<Connection>
  readonly #idleMs: number
  readonly #queue: QueuedCall<Connection>[] = []
  #connection: EngineConnection<Connection> | undefined
  #isRunning = false
  #isClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param create returns a connection that opens at its first use.
   * @param idleMs time without a call after which it closes, in milliseconds.
   */
  constructor(create: () => EngineConnection<Connection>, idleMs: number = IDLE_MS) {
    this.#create = create
    this.#idleMs = idleMs
  }

  /**
   * Runs `work` when the calls before it are done.
   *
   * @throws {SseError} of the connection. If it is unavailable, calls that wait for their turn reject too.
   */
  run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      const start = async (connection: EngineConnection<Connection>) => resolve(await connection.run(work))
      this.#queue.push({ start, reject })
      if (!this.#isRunning) this.#drain()
    })
  }

  /** Closes the connection for good. Calls in flight and waiting reject. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const { reject } of this.#queue.splice(0)) reject(closed())
    await this.#connection?.close()
  }

  async #drain(): Promise<void> {
    this.#isRunning = true
    clearTimeout(this.#timer)
    this.#connection ??= this.#create()
    for (let call = this.#queue.shift(); call; call = this.#queue.shift()) {
      try {
        await call.start(this.#connection)
      } catch (error) {
        call.reject(error)
        if ((error as { code?: unknown }).code !== 'engine_unavailable') continue
        for (const { reject } of this.#queue.splice(0)) reject(error)
      }
    }
    this.#isRunning = false
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#connection?.close()
      this.#connection = undefined
    }, this.#idleMs)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }
}
