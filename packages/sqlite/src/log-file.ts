import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { closed, failed } from '@sse/server/engine-kit'
import { Appender } from './append.ts'
import { retryWhileBusy } from './busy-retry.ts'
import { Commits } from './commits.ts'
import { type Connections, fileIdentity, openConnections, useWriteAheadLog } from './connection.ts'
import { isBusy, toSseError } from './errors.ts'
import { migrate } from './migrations.ts'
import { Presence } from './presence.ts'
import { enterProcess, leaveProcess } from './processes.ts'
import { LogReader } from './read.ts'
import { transaction } from './transaction.ts'
import { Trimmer } from './trim.ts'

/** The tables of the file, each with its prepared statements. */
export interface Tables {
  readonly appender: Appender
  readonly reader: LogReader
  readonly trimmer: Trimmer
  readonly commits: Commits
  readonly presence: Presence
}

/** The file of a log. Opens, and creates its tables, at first use. */
export class LogFile {
  readonly path: string
  readonly #busyTimeoutMs: number
  readonly #engine = crypto.randomUUID()
  #connections: Connections | undefined
  #identity: string | undefined
  #tables: Tables | undefined
  #isClosed = false

  constructor(path: string, busyTimeoutMs: number) {
    this.path = path
    this.#busyTimeoutMs = busyTimeoutMs
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The writing connection, once the tables exist. */
  get writer(): DatabaseSync | undefined {
    return this.#tables && this.#connections?.writer
  }

  /** Path of the write-ahead log. A link to the file leads to the log beside the file. */
  get writeAheadLog(): string {
    return `${realpathSync(this.path)}-wal`
  }

  /** Runs `work`, and retries it while another connection holds a lock. @throws {SseError} */
  async run<Result>(work: (tables: Tables) => Result): Promise<Result> {
    try {
      return await retryWhileBusy(() => work(this.tables()), this.#busyTimeoutMs)
    } catch (error) {
      throw toSseError(error, this.path)
    }
  }

  /** Returns the tables, created if they are missing. Throws while another connection holds the lock. */
  tables(): Tables {
    const connections = this.#connect()
    if (this.#tables) return this.#tables
    try {
      this.#tables = this.#setUp(connections)
      return this.#tables
    } catch (error) {
      // A file that cannot be used may be replaced before the next call.
      if (!isBusy(error)) this.#disconnect()
      throw error
    }
  }

  /** @throws {SseError} `engine_failed`: SQLite would keep writing into a file that was deleted. */
  checkIdentity(): void {
    if (fileIdentity(this.path) === this.#identity) return
    throw failed(`${this.path} was deleted or replaced while it was open: restart this process`)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      if (this.#connections) leaveProcess(this.#connections.writer, this.#engine)
    } catch {
      // Locked or broken: the next process that opens the file removes the entry of this one.
    }
    this.#disconnect()
  }

  #connect(): Connections {
    if (this.#isClosed) throw closed()
    if (!this.#connections) {
      this.#connections = openConnections(this.path)
      this.#identity = fileIdentity(this.path)
    }
    return this.#connections
  }

  #disconnect(): void {
    this.#connections?.close()
    this.#connections = undefined
  }

  #setUp(connections: Connections): Tables {
    const { writer, reader } = connections
    transaction(writer, 'immediate', () => {
      migrate(writer, this.path)
      enterProcess(writer, this.path, this.#engine)
    })
    useWriteAheadLog(connections, this.path)
    this.#identity = fileIdentity(this.path)
    return {
      appender: new Appender(writer),
      reader: new LogReader(reader),
      trimmer: new Trimmer(writer),
      commits: new Commits(writer, reader),
      presence: new Presence(writer, reader),
    }
  }
}
