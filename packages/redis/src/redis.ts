import {
  type Commit,
  checkDataBytes,
  type Engine,
  HistoryConnection,
  type NewEntry,
  type Page,
  type PresenceStore,
  type ReadOptions,
  type Retention,
  TrimLoop,
} from '@sse/server/engine-kit'
import { appendEntries } from './append.ts'
import { Commits } from './commits.ts'
import { connectToPrimary, type PrimaryConnection, type RedisConnection } from './connection.ts'
import { checkServer, type ServerLimits } from './handshake.ts'
import { HubKeys } from './keys.ts'
import { RedisLog } from './log.ts'
import { parseOptions, type RedisOptions, type RedisSettings } from './options.ts'
import { Presence } from './presence.ts'
import { primaryFinder } from './primary.ts'
import { type CallRead, readPage, readState } from './read.ts'
import { trimPiece } from './trim.ts'
import { WakeListener } from './wake.ts'

/**
 * Stores a hub's log on Redis 7 or later, or Valkey: one server, or the current primary of `sentinel` or `cluster`.
 *
 * Uses one connection to publish and read, one that waits for events of other processes while there are readers, and
 * one for reads of history, which closes when it was not used for 15 seconds. They open at first use and reconnect by
 * themselves. Durability is the server's; where a restart or a failover may have lost events, the epoch changes.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. Calls reject with `engine_unavailable` while retrying may succeed, else with
 * `engine_failed`.
 */
export function redis(options: RedisOptions | string = {}): RedisEngine {
  return new RedisEngine(parseOptions(options))
}

/** A hub's log on a Redis server, shared by any number of processes. */
export class RedisEngine implements Engine {
  readonly presence: PresenceStore
  readonly #commands: PrimaryConnection
  readonly #history: HistoryConnection<RedisConnection>
  readonly #log: RedisLog
  readonly #commits: Commits
  readonly #wake: WakeListener
  readonly #trimming: TrimLoop
  #limits: ServerLimits | undefined
  #appending: Promise<unknown> = Promise.resolve()

  constructor(settings: RedisSettings) {
    const keys = new HubKeys(settings.name)
    const findPrimary = primaryFinder(settings, keys.hash)
    const connect = () =>
      connectToPrimary(settings, findPrimary, async (connection) => {
        this.#limits = await checkServer(connection, { probeKey: keys.probe, warn: settings.warn })
      })
    this.#commands = connect()
    this.#history = new HistoryConnection(connect)
    this.#log = new RedisLog(keys, this.#commands, () => this.#wake.restart())
    this.#commits = new Commits(keys, this.#commands)
    this.presence = new Presence(keys, this.#commands)
    this.#trimming = new TrimLoop((retention) => this.#trimPiece(retention))
    this.#wake = new WakeListener({
      connect,
      log: this.#log,
      readState: () => readState(this.#log),
      appendSettled: () => this.#appending,
    })
  }

  /** Known once connected. */
  get maxDataBytes(): number | undefined {
    return this.#limits?.maxArgumentBytes
  }

  /** While a read waits: only a log that another process has replaced (`FLUSHALL`) wakes nothing. */
  get hasReliableWakes(): boolean {
    return this.#wake.isListening
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const appended = this.#append(entries)
    this.#appending = appended.catch(() => {})
    return appended
  }

  async #append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    if (!this.#limits) await this.#commands.connection()
    const { maxArgumentBytes = Number.POSITIVE_INFINITY, maxCommandBytes = maxArgumentBytes } =
      this.#limits ?? {}
    // The server would cut the connection, often before its error message arrives.
    for (const { data } of entries) checkDataBytes(data, maxArgumentBytes, 'Redis', 'proto-max-bulk-len')
    return appendEntries(this.#log, entries, maxCommandBytes)
  }

  read(after: number, options: ReadOptions): Promise<Page> {
    return readPage(options.isHistory ? this.#callOnHistory : this.#call, after, options)
  }

  readonly #call: CallRead = (script, call) => this.#log.call(script, call)

  readonly #callOnHistory: CallRead = (script, call) =>
    this.#log.callOn(
      (work) => this.#history.run(work),
      () => readState(this.#log),
      script,
      call,
    )

  onWake(callback: () => void): () => void {
    return this.#wake.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    return this.#trimming.trim(retention)
  }

  async #trimPiece(retention: Retention): Promise<boolean> {
    return (await trimPiece(this.#log, retention)) || this.#commits.expirePiece(retention.maxCommitAgeMs)
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#commits.set(subscriber, commit)
  }

  committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    return this.#commits.get(subscribers)
  }

  forget(subscriber: string): Promise<void> {
    return this.#commits.forget(subscriber)
  }

  async close(): Promise<void> {
    this.#wake.close()
    await this.#trimming.close()
    await Promise.all([this.#commands.close(), this.#history.close()])
  }
}
