import { setTimeout as pause } from 'node:timers/promises'
import { closed, failed } from '@sse/server/engine-kit'
import { Connection, type ConnectionSettings, type Row } from './connection.ts'
import { explain, isCut, isMissing, isOther } from './failure.ts'
import { greet } from './greeting.ts'
import { DatabaseLink } from './link.ts'
import { migrate, quoted, SCHEMA_VERSION } from './migrations.ts'
import { Statements } from './sql/statements.ts'

export interface DatabaseSettings extends ConnectionSettings {
  readonly listenUrl: string | undefined
  readonly schema: string
  readonly name: string
  readonly warn: (message: string) => void
}

/** What a connection is for: none waits behind what another does. */
type Errand = 'append' | 'read' | 'keep'

/** For how long a server may keep what closes waiting. */
const LAST_MS = 500

/** The engine's connections to its database, whose tables are there once anything is asked of them. */
export class Database {
  readonly statements: Statements
  /** The one that listens, which has to be a session's own. */
  readonly listening: DatabaseLink
  readonly #settings: DatabaseSettings
  readonly #links: Readonly<Record<Errand, DatabaseLink>>
  #opening: Promise<void> | undefined
  #isClosed = false

  constructor(settings: DatabaseSettings) {
    const { listenUrl, url, warn } = settings
    this.#settings = settings
    this.statements = new Statements(quoted(settings.schema))
    const link = (to = url) =>
      new DatabaseLink({ ...settings, url: to, greet: (connection) => greet(connection, warn) })
    this.#links = { append: link(), read: link(), keep: link() }
    this.listening = link(listenUrl)
  }

  get name(): string {
    return this.#settings.name
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Runs one statement, whose first parameter is the hub's name. @throws {SseError} */
  async ask(errand: Errand, text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.#askOnce(errand, text, values)
    } catch (error) {
      const { cause } = error as Error
      // Somebody has dropped the tables, or the hub's row: its log begins anew.
      if (isMissing(cause)) this.#opening = undefined
      // Only an append would be done twice.
      else if (errand === 'append' || !isCut(cause)) throw error
      return await this.#askOnce(errand, text, values)
    }
  }

  async #askOnce(errand: Errand, text: string, values: readonly unknown[]): Promise<Row[]> {
    await this.open()
    return await this.#links[errand].query(text, [this.name, ...values])
  }

  /** Makes the tables and the hub's row, if need be. @throws {SseError} the next call tries again. */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed())
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined
      throw this.#isClosed ? closed(error) : error
    })
    return this.#opening
  }

  /** Looks at the tables again before anything else. */
  forget(): void {
    this.#opening = undefined
  }

  /** Takes no more calls. */
  seal(): void {
    this.#isClosed = true
    this.listening.close()
    this.#links.append.close()
    this.#links.read.close()
  }

  /** Runs one statement once it is sealed, where there is a connection and a server that answers soon. */
  async askLast(text: string, values: readonly unknown[]): Promise<void> {
    const { keep } = this.#links
    if (!keep.isLive) return
    const answer = keep.query(text, [this.name, ...values]).catch(() => {})
    await Promise.race([answer, pause(LAST_MS, undefined, { ref: false })])
  }

  close(): void {
    this.seal()
    this.#links.keep.close()
  }

  async #open(): Promise<void> {
    const { name, warn } = this.#settings
    const connection = await this.#links.keep.connection() // says what is wrong with the server
    const timeline = (await this.#look(name)) ?? (await this.#prepare(name))
    if (timeline !== '') return
    warn(
      `Postgres at ${connection.where} hides its timeline from this user: a failover that loses events is noticed only by who has seen them. Grant EXECUTE on pg_current_wal_lsn() and pg_walfile_name(pg_lsn)`,
    )
  }

  /** @returns the timeline; `undefined` where something is still to be made. */
  async #look(name: string): Promise<string | undefined> {
    const { state } = this.statements
    try {
      const [row] = await this.#links.keep.query(state, [name, SCHEMA_VERSION])
      return row?.[0] as string | undefined
    } catch (error) {
      const { cause } = error as Error
      if (isMissing(cause) || isOther(cause)) return undefined
      throw error
    }
  }

  /** On a connection of its own: a transaction is not for sharing. */
  async #prepare(name: string): Promise<string> {
    const { schema } = this.#settings
    const connection = await Connection.create(this.#settings)
    const place = { where: connection.where, schema }
    try {
      await connection.open()
      await migrate(connection, place)
      await connection.query(this.statements.addLog, [name])
      const [row] = await connection.query(this.statements.state, [name, SCHEMA_VERSION])
      if (!row)
        throw failed(`Postgres at ${place.where} hides the hub's row from this user: is there row security?`)
      return row[0] as string
    } catch (error) {
      throw explain(error, place)
    } finally {
      connection.destroy()
    }
  }
}
