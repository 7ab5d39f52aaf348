import {
  type Commit,
  checkDataBytes,
  type Engine,
  type NewEntry,
  type Page,
  type PresenceStore,
  type Retention,
  TrimLoop,
} from '@sse/server/engine-kit'
import { appendEntries } from './append.ts'
import { Commits } from './commits.ts'
import { connectToPrimary, type PrimaryConnection } from './connection.ts'
import { checkServer } from './handshake.ts'
import { HubKeys } from './keys.ts'
import { RedisLog } from './log.ts'
import { parseOptions, type RedisOptions, type RedisSettings } from './options.ts'
import { Presence } from './presence.ts'
import { primaryFinder } from './primary.ts'
import { readPage } from './read.ts'
import { trimPiece } from './trim.ts'
import { WakeListener } from './wake.ts'

/**
 * Stores a hub's log on Redis 7 or later, or Valkey: one server, or the current primary of `sentinel` or `cluster`.
 *
 * Uses two connections. They open at first use and reconnect by themselves. Durability is the server's; where a
 * restart or a failover may have lost events, the epoch changes.
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
  readonly #blocking: PrimaryConnection
  readonly #log: RedisLog
  readonly #commits: Commits
  readonly #wake: WakeListener
  readonly #trimming: TrimLoop
  #maxDataBytes: number | undefined
  #appending: Promise<unknown> = Promise.resolve()

  constructor(settings: RedisSettings) {
    const keys = new HubKeys(settings.name)
    const findPrimary = primaryFinder(settings, keys.hash)
    const connect = () =>
      connectToPrimary(settings, findPrimary, async (connection) => {
        this.#maxDataBytes = await checkServer(connection, { probeKey: keys.probe, warn: settings.warn })
      })
    this.#commands = connect()
    this.#blocking = connect()
    this.#log = new RedisLog(keys, this.#commands, () => this.#wake.restart())
    this.#commits = new Commits(keys, this.#commands)
    this.presence = new Presence(keys, this.#commands)
    this.#trimming = new TrimLoop((retention) => trimPiece(this.#log, keys, retention))
    this.#wake = new WakeListener({
      connection: this.#blocking,
      log: this.#log,
      readState: () => readPage(this.#log, 0, 0),
      appendSettled: () => this.#appending,
    })
  }

  /** Known once connected. */
  get maxDataBytes(): number | undefined {
    return this.#maxDataBytes
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const appended = this.#append(entries)
    this.#appending = appended.catch(() => {})
    return appended
  }

  async #append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    if (this.#maxDataBytes === undefined) await this.#commands.connection()
    // The server would cut the connection, often before its error message arrives.
    const max = this.#maxDataBytes ?? Number.POSITIVE_INFINITY
    for (const { data } of entries) checkDataBytes(data, max, 'Redis', 'proto-max-bulk-len')
    return appendEntries(this.#log, entries)
  }

  read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    return readPage(this.#log, after, limit, channels)
  }

  onWake(callback: () => void): () => void {
    return this.#wake.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    return this.#trimming.trim(retention)
  }

  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#commits.set(subscriber, commit)
  }

  committed(subscriber: string): Promise<Commit | undefined> {
    return this.#commits.get(subscriber)
  }

  async close(): Promise<void> {
    this.#wake.close()
    await this.#trimming.close()
    await Promise.all([this.#commands.close(), this.#blocking.close()])
  }
}
