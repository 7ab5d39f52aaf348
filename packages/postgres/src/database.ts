import { setTimeout as pause } from 'node:timers/promises'
import { closed, type EngineConnection, failed, HistoryConnection } from '@sse/server/engine-kit'
import { PostgresConnection, type Row } from './connection.ts'
import { hasOtherColumns, isCut, isMissing, toSseError } from './errors.ts'
import { checkServer } from './handshake.ts'
import { createConnection, Lane, retryCollisions } from './lane.ts'
import { migrate, quoted, SCHEMA_VERSION } from './migrations.ts'
import type { PostgresSettings } from './options.ts'
import { Statements } from './sql/statements.ts'

/**
 * Purpose of a connection. Calls of one lane never wait for calls of another. Each lane connects at its first call: a
 * process that only publishes has one connection.
 */
export type LaneName = 'append' | 'read' | 'history' | 'keep'

/** Time a server has to answer the last statement before close, in milliseconds. */
const LAST_MS = 500

/** The engine's connections to its database. Creates the tables before the first statement. */
export class Database {
  readonly statements: Statements
  readonly #settings: PostgresSettings
  readonly #lanes: Readonly<Record<Exclude<LaneName, 'history'>, Lane>>
  readonly #history: HistoryConnection<PostgresConnection>
  #opening: Promise<void> | undefined
  #isClosed = false

  constructor(settings: PostgresSettings) {
    this.#settings = settings
    this.statements = new Statements(quoted(settings.schema))
    const lane = () => new Lane(this.#createConnection(), settings.timeoutMs)
    this.#lanes = { append: lane(), read: lane(), keep: lane() }
    this.#history = new HistoryConnection(() => this.#createConnection())
  }

  get name(): string {
    return this.#settings.name
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Returns a new connection that listens for notifications: it needs a server session to itself. */
  createListener(): Lane {
    const { listenUrl, timeoutMs } = this.#settings
    return new Lane(this.#createConnection(listenUrl), timeoutMs)
  }

  #createConnection(url = this.#settings.url): EngineConnection<PostgresConnection> {
    const { warn } = this.#settings
    return createConnection({ ...this.#settings, url }, (connection) => checkServer(connection, warn))
  }

  /** Whether the connection of a lane is open and without a call. */
  isIdle(lane: Exclude<LaneName, 'history'>): boolean {
    return this.#lanes[lane].isIdle
  }

  /** Runs one statement whose first parameter is the hub's name. @throws {SseError} */
  async query(lane: LaneName, text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.#queryOnce(lane, text, values)
    } catch (error) {
      const { cause } = error as Error
      // The tables, or the hub's row, were dropped: a new log begins.
      if (isMissing(cause)) this.#opening = undefined
      // Only an append must not be repeated.
      else if (lane === 'append' || !isCut(cause)) throw error
      return await this.#queryOnce(lane, text, values)
    }
  }

  async #queryOnce(wanted: LaneName, text: string, values: readonly unknown[]): Promise<Row[]> {
    const given = [this.name, ...values]
    const lane = wanted === 'keep' && this.#hasOnlyPublished ? 'append' : wanted
    if (lane !== 'history') {
      await this.open(lane)
      return await this.#lanes[lane].query(text, given)
    }
    await this.open('read')
    return await this.#history.run((connection) => connection.query(text, given))
  }

  /** Upkeep needs no connection beside an idle one that publishes. */
  get #hasOnlyPublished(): boolean {
    const { append, read, keep } = this.#lanes
    return append.isIdle && !read.isLive && !keep.isLive
  }

  /** Runs several statements of a lane in one transaction. @throws {SseError} */
  async transaction<Value>(
    lane: Exclude<LaneName, 'history'>,
    work: (query: (text: string, values?: readonly unknown[]) => Promise<Row[]>) => Promise<Value>,
  ): Promise<Value> {
    await this.open(lane)
    return await this.#lanes[lane].run((connection) =>
      connection.transaction((query) => work((text, values = []) => query(text, [this.name, ...values]))),
    )
  }

  /**
   * Creates the tables and the hub's row if they are missing, through the connection of a lane. The next call retries a
   * failure.
   *
   * @throws {SseError}
   */
  open(lane: Exclude<LaneName, 'history'>): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed())
    this.#opening ??= this.#open(this.#lanes[lane]).catch((error) => {
      this.#opening = undefined
      throw this.#isClosed ? closed(error) : error
    })
    return this.#opening
  }

  /** The next statement checks the tables again. */
  forget(): void {
    this.#opening = undefined
  }

  /** Accepts no more statements, except by `queryLast`. */
  seal(): void {
    this.#isClosed = true
    this.#lanes.read.close()
    this.#history.close()
  }

  /** Runs one statement after `seal`, if there is a connection and the server answers soon. */
  async queryLast(text: string, values: readonly unknown[] = []): Promise<Row[] | undefined> {
    const { append, keep } = this.#lanes
    const lane = [append, keep].find(({ isLive }) => isLive)
    if (!lane) return undefined
    const reply = lane.query(text, [this.name, ...values]).catch(() => undefined)
    return await Promise.race([reply, pause(LAST_MS, undefined, { ref: false })])
  }

  close(): void {
    this.seal()
    this.#lanes.append.close()
    this.#lanes.keep.close()
  }

  async #open(lane: Lane): Promise<void> {
    const { name, warn } = this.#settings
    const connection = await lane.connection() // rejects with what is wrong with the server
    const timeline =
      (await this.#findTimeline(lane, name)) ??
      // Processes that start together create the same tables and rows.
      (await retryCollisions(this.#settings.timeoutMs, () => this.#prepare(name)))
    if (timeline !== '') return
    warn(
      `Postgres at ${connection.where} hides its timeline from this user: a failover that loses events is noticed only by processes that have seen them. Grant EXECUTE on pg_current_wal_lsn() and pg_walfile_name(pg_lsn)`,
    )
  }

  /** Resolves with the timeline; with `undefined` if something is missing. */
  async #findTimeline(lane: Lane, name: string): Promise<string | undefined> {
    const { state } = this.statements
    try {
      const [row] = await lane.query(state, [name, SCHEMA_VERSION])
      return row?.[0] as string | undefined
    } catch (error) {
      const { cause } = error as Error
      if (isMissing(cause) || hasOtherColumns(cause)) return undefined
      throw error
    }
  }

  /** On a separate connection: a transaction cannot be shared. */
  async #prepare(name: string): Promise<string> {
    const { schema } = this.#settings
    const connection = await PostgresConnection.open(this.#settings)
    const context = { where: connection.where, schema }
    try {
      await migrate(connection, context)
      await connection.query(this.statements.addLog, [name])
      const [row] = await connection.query(this.statements.state, [name, SCHEMA_VERSION])
      if (row) return row[0] as string
      throw failed(
        `Postgres at ${context.where} hides the hub's row from this user: is row security switched on?`,
      )
    } catch (error) {
      throw toSseError(error, context)
    } finally {
      connection.destroy()
    }
  }
}
