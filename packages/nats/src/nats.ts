import {
  type Commit,
  checkedConnection,
  type Engine,
  type EngineConnection,
  failed,
  HistoryConnection,
  type NewEntry,
  type Page,
  type PresenceStore,
  type ReadOptions,
  type Retention,
  TrimLoop,
} from '@sse/server/engine-kit'
import { Appender } from './append.ts'
import { Commits } from './commits.ts'
import { NatsConnection } from './connection.ts'
import { LogWatch } from './epoch.ts'
import { codeOf, isNoResponder, isTimeout, NO_JETSTREAM, STREAM_NOT_FOUND, toSseError } from './errors.ts'
import { checkServer, warningOfReplicas } from './handshake.ts'
import { MessageReader } from './message-reader.ts'
import { type NatsOptions, type NatsSettings, parseOptions } from './options.ts'
import { Presence } from './presence.ts'
import { LogReader } from './read.ts'
import { ServerClock } from './server-clock.ts'
import { ensureOthers } from './streams.ts'
import { HubNames } from './subjects.ts'
import { Tail } from './tail.ts'
import { lastToTrim } from './trim.ts'
import { WakeListener } from './wake.ts'

/**
 * Stores a hub's log in a stream of NATS JetStream, server 2.9 or later, alone or in a cluster.
 *
 * Uses one connection, and one more for reads of history, which closes when it was not used for 15 seconds. They open at
 * first use and reconnect by themselves. Durability is the server's; where a restart may have lost events, the epoch
 * changes.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. Calls reject with `engine_unavailable` while retrying may succeed, else with
 * `engine_failed`.
 */
export function nats(options: NatsOptions | string = {}): NatsEngine {
  return new NatsEngine(parseOptions(options))
}

/** A hub's log on NATS JetStream, shared by any number of processes. */
export class NatsEngine implements Engine {
  readonly presence: PresenceStore
  readonly #settings: NatsSettings
  readonly #names: HubNames
  readonly #connection: EngineConnection<NatsConnection>
  readonly #history: HistoryConnection<NatsConnection>
  readonly #watch: LogWatch
  readonly #appender: Appender
  readonly #reader: LogReader
  readonly #clock: ServerClock
  readonly #commits: Commits
  readonly #trimming: TrimLoop
  readonly #wake: WakeListener
  #maxDataBytes: number | undefined
  /** The connection on which the streams beside the log were found to be ours. */
  #checked: NatsConnection | undefined
  #appending: Promise<unknown> = Promise.resolve()
  #appended = 0

  constructor(settings: NatsSettings) {
    const { hub, servers, timeoutMs, inboxPrefix } = settings
    const tail = new Tail()
    this.#settings = settings
    this.#names = new HubNames(hub)
    this.#watch = new LogWatch(this.#names, settings, () => {
      this.#appended = 0
      this.#wake.restart()
    })
    this.#appender = new Appender(this.#watch)
    this.#reader = new LogReader(this.#names, this.#watch, tail)
    this.#clock = new ServerClock(this.#names)
    this.#commits = new Commits(this.#names)
    this.presence = new Presence(this.#names, this.#clock, (work) => this.#withStreams(work))
    this.#trimming = new TrimLoop((retention) => this.#trimAll(retention))
    const connect = () =>
      checkedConnection({
        connect: () => NatsConnection.open(settings),
        checkServer: (connection) => this.#prepare(connection),
        toSseError: (error, connection) => {
          if (isTimeout(error)) connection.checkServer()
          return toSseError(error, { where: connection.where, hub, timeoutMs })
        },
        server: `NATS at ${servers.join(', ')}`,
        timeoutMs,
      })
    this.#connection = connect()
    this.#history = new HistoryConnection(connect)
    this.#wake = new WakeListener({
      connection: this.#connection,
      stream: this.#names.logStream,
      inboxPrefix,
      tail,
      readState: (connection) => {
        this.#watch.suspect()
        return this.#watch.look(connection)
      },
      appendSettled: () => this.#appending,
      appended: () => this.#appended,
      onEntry: (epoch, position, message) => this.#watch.note(epoch, position, message),
      onFailure: (error) => this.#warnOfLateEvents(error),
    })
  }

  /** Known once connected. */
  get maxDataBytes(): number | undefined {
    return this.#maxDataBytes
  }

  /** While the consumer's messages arrive. */
  get hasReliableWakes(): boolean {
    return this.#wake.isListening
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const appended = this.#connection.run(async (connection) => {
      const { epoch, positions } = await this.#appender.append(connection, entries)
      if (epoch === this.#watch.epoch) this.#appended = Math.max(this.#appended, ...positions)
      return { epoch, positions }
    })
    this.#appending = appended.catch(() => {})
    return appended
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    const lane = options.isHistory ? this.#history : this.#connection
    return lane.run((connection) => this.#reader.read(connection, after, options))
  }

  onWake(callback: () => void): () => void {
    return this.#wake.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    return this.#trimming.trim(retention)
  }

  /** One purge removes everything, without blocking other calls. */
  #trimAll(retention: Retention): Promise<boolean> {
    return this.#withStreams(async (connection) => {
      const { logStream } = this.#names
      const log = await this.#watch.look(connection)
      const reader = new MessageReader(connection, logStream, log)
      const last = await lastToTrim(log, reader, retention, () => this.#clock.now(connection))
      if (last >= log.oldest) await connection.jsm.streams.purge(logStream, { seq: last + 1 })
      await this.#commits.expire(connection, retention.maxCommitAgeMs, () => this.#clock.now(connection))
      return false
    })
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#withStreams((connection) => this.#commits.set(connection, subscriber, commit))
  }

  committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    return this.#withStreams((connection) => this.#commits.get(connection, subscribers))
  }

  forget(subscriber: string): Promise<void> {
    return this.#withStreams((connection) => this.#commits.forget(connection, subscriber))
  }

  async close(): Promise<void> {
    this.#wake.close()
    await this.#trimming.close()
    await Promise.all([this.#connection.close(), this.#history.close()])
  }

  /** Checks the server and the log before the first use of a connection. A process that only publishes needs no other stream. */
  async #prepare(connection: NatsConnection): Promise<void> {
    const { replicas, warn } = this.#settings
    checkServer(connection, replicas)
    try {
      this.#watch.suspect()
      const log = await this.#watch.look(connection)
      const warning = warningOfReplicas(connection, log.replicas)
      if (warning) warn(warning)
    } catch (error) {
      if (isNoResponder(error) && !connection.nats.info?.jetstream) {
        throw failed(`NATS at ${connection.where} ${NO_JETSTREAM}`, error)
      }
      throw error
    }
    this.#maxDataBytes = connection.maxDataBytes
  }

  #warnOfLateEvents(error: unknown): void {
    const { code, message } = error as { code?: string; message: string }
    if (code !== 'engine_failed') return
    this.#settings.warn(`${message} (events of other processes arrive up to a second late)`)
  }

  /** Runs work on the streams beside the log. Checks them first, and creates them again if they were deleted. */
  #withStreams<Result>(work: (connection: NatsConnection) => Promise<Result>): Promise<Result> {
    return this.#connection.run(async (connection) => {
      if (this.#checked !== connection) {
        await ensureOthers(connection, this.#names, this.#settings)
        this.#checked = connection
      }
      try {
        return await work(connection)
      } catch (error) {
        if (codeOf(error) !== STREAM_NOT_FOUND && !isNoResponder(error)) throw error
        await ensureOthers(connection, this.#names, this.#settings)
        return work(connection)
      }
    })
  }
}
