import { setTimeout as pause } from 'node:timers/promises'
import type { Commit, Engine, NewEntry, Page, PresenceStore, Retention } from '@sse/server'
import { EngineConnection, failed, unavailable } from '@sse/server/engine-kit'
import { Appender } from './appender.ts'
import { Connection, type ConnectionSettings, hostOf } from './connection.ts'
import { codeOf, explain, isNobodyThere, NO_JETSTREAM, STREAM_NOT_FOUND } from './failure.ts'
import { HubNames } from './hub-names.ts'
import { Listener } from './listener.ts'
import { LogWatch, type SeenLog } from './log-watch.ts'
import { MessageReader } from './message-reader.ts'
import { Presence } from './presence.ts'
import { ServerClock } from './server-clock.ts'
import { ensureOthers, type StreamSettings } from './streams.ts'
import { SubscriberCommits } from './subscriber-commits.ts'
import { Tail } from './tail.ts'
import { lastToTrim } from './trimming.ts'

/** A log that is trimmed or replaced faster than one can read is not to be had. */
const MAX_LOOKS = 8
const LOOK_AGAIN_MS = 10

export interface EngineSettings extends ConnectionSettings, StreamSettings {
  readonly hub: string
  readonly warn: (message: string) => void
}

/** The hub's log on a server, over one connection. */
export class ServerEngine implements Engine {
  readonly presence: PresenceStore
  maxDataBytes: number | undefined
  readonly #settings: EngineSettings
  readonly #names: HubNames
  readonly #link: EngineConnection<Connection>
  readonly #watch: LogWatch
  readonly #appender: Appender
  readonly #tail = new Tail()
  readonly #clock: ServerClock
  readonly #commits: SubscriberCommits
  readonly #listener: Listener
  #appending: Promise<unknown> = Promise.resolve()
  #trimming: Promise<unknown> = Promise.resolve()
  #appended = 0

  constructor(settings: EngineSettings) {
    const { hub, servers, timeoutMs, inboxPrefix, warn } = settings
    this.#settings = settings
    this.#names = new HubNames(hub)
    this.#watch = new LogWatch(this.#names, settings, () => {
      this.#appended = 0
      this.#listener.restart()
    })
    this.#appender = new Appender(this.#watch)
    this.#clock = new ServerClock(this.#names)
    this.#commits = new SubscriberCommits(this.#names)
    this.presence = new Presence(this.#names, this.#clock, (work) => this.#onOthers(work))
    const where = servers.map(hostOf).join(', ')
    this.#link = new EngineConnection({
      open: () =>
        this.#open().catch((error) => {
          throw explain(error, { where, hub, timeoutMs })
        }),
      explain: (error, { where }) => explain(error, { where, hub, timeoutMs }),
      server: `NATS at ${where}`,
      timeoutMs,
      onOpen: ({ maxDataBytes }) => {
        this.maxDataBytes = maxDataBytes
      },
    })
    this.#listener = new Listener({
      link: this.#link,
      stream: this.#names.logStream,
      inboxPrefix,
      tail: this.#tail,
      look: (connection) => this.#watch.look(connection),
      settled: () => this.#appending,
      appended: () => this.#appended,
      onFailure: (error) => {
        const { code, message } = error as { code?: string; message: string }
        if (code === 'engine_failed') warn(`${message} (events of other processes are seen a second late)`)
      },
    })
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const appended = this.#link.run(async (connection) => {
      const { epoch, positions } = await this.#appender.append(connection, entries)
      if (epoch === this.#watch.epoch) this.#appended = Math.max(this.#appended, ...positions)
      return { epoch, positions }
    })
    this.#appending = appended.catch(() => {})
    return appended
  }

  read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    const asked = channels && [...new Set(channels)]
    return this.#link.run(async (connection) => {
      for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
        const page = await this.#read(connection, after, limit, asked)
        if (page) return page
        await pause(looks * LOOK_AGAIN_MS)
      }
      throw unavailable('The log on NATS is trimmed or replaced faster than it can be read')
    })
  }

  /** `undefined` when the log has changed below. */
  async #read(
    connection: Connection,
    after: number,
    limit: number,
    channels: readonly string[] | undefined,
  ): Promise<Page | undefined> {
    const log = await this.#watch.look(connection)
    const { epoch, head, oldest } = log
    const first = Math.max(after + 1, oldest)
    if (limit === 0 || first > head || channels?.length === 0) return { epoch, head, oldest, entries: [] }
    const reader = new MessageReader(connection, this.#names.logStream, log)
    if (channels) {
      const entries = await reader.ofChannels(channels, first, limit)
      // What was trimmed meanwhile has been passed over in silence.
      const now = await this.#watch.look(connection)
      return now.epoch === epoch && now.oldest <= first ? { epoch, head, oldest, entries } : undefined
    }
    const last = Math.min(head, first + limit - 1)
    const ready = this.#tail.from(epoch, first, last)
    const entries = [...ready, ...(await reader.range(first + ready.length, last))]
    if (entries.length === last - first + 1) return { epoch, head, oldest, entries }
    return this.#pageAfterHole(connection, log, entries, last)
  }

  /** Trimmed meanwhile; or somebody has deleted a message by hand, and everything before it counts as trimmed. */
  async #pageAfterHole(
    connection: Connection,
    { epoch, head, oldest }: SeenLog,
    entries: Page['entries'],
    last: number,
  ): Promise<Page | undefined> {
    const now = await this.#watch.look(connection)
    if (now.epoch !== epoch || now.oldest > oldest || !now.hasHoles) return undefined
    let from = last + 1
    for (const { position } of entries.toReversed()) {
      if (position !== from - 1) break
      from = position
    }
    return { epoch, head, oldest: from, entries: entries.filter(({ position }) => position >= from) }
  }

  onWake(callback: () => void): () => void {
    return this.#listener.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    const trimmed = this.#onOthers(async (connection) => {
      const log = await this.#watch.look(connection)
      const reader = new MessageReader(connection, this.#names.logStream, log)
      const last = await lastToTrim(log, reader, retention, () => this.#clock.now(connection))
      if (last >= log.oldest) await connection.jsm.streams.purge(this.#names.logStream, { seq: last + 1 })
    })
    this.#trimming = trimmed.catch(() => {})
    return trimmed
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#onOthers((connection) => this.#commits.set(connection, subscriber, commit))
  }

  committed(subscriber: string): Promise<Commit | undefined> {
    return this.#onOthers((connection) => this.#commits.get(connection, subscriber))
  }

  async close(): Promise<void> {
    this.#listener.close()
    await this.#trimming
    await this.#link.close()
  }

  async #open(): Promise<Connection> {
    const connection = await Connection.open(this.#settings)
    try {
      await this.#watch.look(connection)
      await ensureOthers(connection, this.#names, this.#settings)
      return connection
    } catch (error) {
      connection.destroy()
      if (isNobodyThere(error) && !connection.nats.info?.jetstream) {
        throw failed(`NATS at ${connection.where} ${NO_JETSTREAM}`, error)
      }
      throw error
    }
  }

  /** Does what needs the streams beside the log; makes them again should somebody have deleted them. */
  #onOthers<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#link.run(async (connection) => {
      try {
        return await work(connection)
      } catch (error) {
        if (codeOf(error) !== STREAM_NOT_FOUND && !isNobodyThere(error)) throw error
        await ensureOthers(connection, this.#names, this.#settings)
        return work(connection)
      }
    })
  }
}
