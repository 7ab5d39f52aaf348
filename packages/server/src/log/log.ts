import { AppendQueue, type AppendResult, type QueuedEntry } from './append-queue.ts'
import { type Appended, CheckedEngine } from './checked-engine.ts'
import { CommitReader } from './commit-reader.ts'
import { decodeRevocation, encodeRevocation, isControlChannel, type Revocation } from './control-entry.ts'
import type { Commit, Engine, Entry, LogState, NewEntry, Retention } from './engine.ts'
import type { Fanout } from './fanout.ts'
import { FrameEncoder } from './frame-encoder.ts'
import { HistoryReader, type HistoryReceiver } from './history-reader.ts'
import { createEpoch } from './id.ts'
import { LogTail } from './log-tail.ts'
import { Ring } from './ring.ts'
import { SharedCall } from './shared-call.ts'
import { TailReader } from './tail-reader.ts'
import { Trimmer } from './trimmer.ts'

export interface LogSettings {
  /** Path of the contract, for diagnostics. Default: none. */
  readonly path?: string | undefined
  readonly engine: Engine
  readonly retention: Retention
  readonly ring: { readonly maxEvents: number; readonly maxBytes: number }
  readonly latestPerKey: (channel: string) => boolean
  /** Names of the events whose payload is a text. Default: none. */
  readonly texts?: ReadonlySet<string> | undefined
  /** Largest payload that is published here, in bytes. Default: unknown. */
  readonly maxEventBytes?: number
  /** Receives failures in the background. Must not throw. */
  readonly onError: (error: unknown) => void
}

/** What a hub does when its processes take access away. None of the functions may throw. */
export interface RevocationListener {
  /** Another process has revoked an identity. */
  revoked(identity: string): void
  /**
   * An identity was revoked before the log was opened: maybe after it was authorized.
   *
   * @param at - time of the revocation in milliseconds since 1970, by the engine's clock.
   */
  mayBeRevoked(identity: string, at: number): void
  /** Entries were missed, and with them maybe revocations of any identity. */
  anyMayBeRevoked(): void
}

/**
 * A hub's log in this process: it appends to the engine, follows it with a single reader while it has readers itself,
 * and passes new events to the fan-out. It uses the engine only once it is used itself.
 */
export class Log {
  readonly tail: LogTail
  readonly #engine: CheckedEngine
  readonly #encoder: FrameEncoder
  readonly #appends: AppendQueue
  readonly #reader: TailReader
  readonly #history: HistoryReader
  readonly #commits: CommitReader
  readonly #trimmer: Trimmer
  readonly #state: SharedCall<LogState>
  readonly #revocations: RevocationListener
  /** Name of this process. */
  readonly #process = createEpoch()
  /** Number of events appended by this process. */
  appended = 0

  constructor(settings: LogSettings, fanout: Fanout, revocations: RevocationListener) {
    const { path, retention, ring, latestPerKey, texts, maxEventBytes, onError } = settings
    const limits = { maxEvents: Math.min(ring.maxEvents, retention.maxEvents), maxBytes: ring.maxBytes }
    const engine = new CheckedEngine(settings.engine, onError)
    this.#engine = engine
    this.#encoder = new FrameEncoder(latestPerKey, onError, texts, maxEventBytes)
    const newest = new Ring({ ...limits, maxAgeMs: retention.maxAgeMs })
    this.tail = new LogTail(newest, fanout, this.#encoder, (entry, id) => this.#onControl(entry, id), path)
    this.#appends = new AppendQueue(engine, (entries, appended) => this.#onAppended(entries, appended))
    this.#trimmer = new Trimmer(engine, retention, onError)
    this.#reader = new TailReader({
      engine,
      tail: this.tail,
      limits,
      onJump: () => revocations.anyMayBeRevoked(),
      onTick: () => {
        newest.expire(Date.now())
        this.#trimmer.followed(this.tail.head)
      },
      onError,
    })
    this.#history = new HistoryReader({
      engine,
      tail: this.tail,
      encoder: this.#encoder,
      refresh: () => this.refresh(),
      onError,
    })
    this.#commits = new CommitReader(engine)
    this.#state = new SharedCall(() => engine.readState())
    this.#revocations = revocations
  }

  /** Whether the ring is filled and the log is followed. */
  get isOpen(): boolean {
    return this.#reader.isOpen
  }

  /** Number of entries that could not be delivered. */
  get skipped(): number {
    return this.#encoder.skipped
  }

  /** Returns whether the data of an event's frame is the payload itself, not JSON. */
  isText(event: string): boolean {
    return this.#encoder.isText(event)
  }

  /**
   * Appends an entry and resolves with its id once it is stored.
   *
   * @throws {SseError} `overloaded`, errors of the engine.
   */
  append(entry: NewEntry): Promise<string> {
    return this.#appends.add(entry)
  }

  /**
   * Appends entries in order, at least one, and calls `settled` with what became of each: `overloaded`, errors of the
   * engine. It must not throw. The idempotency keys must be the caller's own: an earlier append with the same key had the
   * same content, so nothing is read back.
   */
  appendOwn(entries: readonly NewEntry[], settled: (results: readonly AppendResult[]) => void): void {
    this.#appends.addOwn(entries, settled)
  }

  /**
   * Appends entries that are stored together, at least one, and resolves with their ids once they are.
   *
   * @throws {SseError} `payload_too_large`, `overloaded`, errors of the engine.
   */
  appendTogether(entries: readonly NewEntry[]): Promise<string[]> {
    return this.#appends.addTogether(entries)
  }

  /** An entry was stored by the engine's `insert`. */
  inserted(): void {
    this.#trimmer.appended(1)
  }

  /**
   * Tells the other processes that an identity's access was revoked. Resolves once that is stored.
   *
   * @throws {SseError} as `append`.
   */
  async revoke(identity: string): Promise<void> {
    await this.#appends.add(encodeRevocation({ identity, process: this.#process }))
  }

  /** Counts a reader: the log is followed, once it is open, until every reader was removed. */
  addReader(): void {
    this.#reader.addReader()
  }

  removeReader(): void {
    this.#reader.removeReader()
  }

  /**
   * Reads the newest events into the ring, so that reconnects after a restart are served from memory. For readers.
   *
   * @throws {SseError} errors of the engine; the next call tries again. `hub_closed`.
   */
  open(): Promise<void> {
    return this.#reader.open()
  }

  /**
   * Resolves once every event the engine has at the time of the call was read. For readers.
   *
   * @throws {SseError} errors of the engine, already reported. The engine's state is then unknown.
   */
  refresh(): Promise<void> {
    return this.#reader.refresh()
  }

  /** Reads how far back and forth the engine's log reaches. One read serves every call of a turn. */
  readState(): Promise<LogState> {
    return this.#state.run()
  }

  /**
   * Reads what follows `position` in `channels` from the engine, for readers behind the ring.
   *
   * @returns a function that cancels the request. Idempotent.
   */
  readHistory(position: number, channels: readonly string[], receiver: HistoryReceiver): () => void {
    return this.#history.read(position, channels, receiver)
  }

  /** @throws {SseError} errors of the engine. */
  readCommit(subscriber: string): Promise<Commit | undefined> {
    return this.#commits.read(subscriber)
  }

  /** @throws {SseError} errors of the engine. */
  commit(subscriber: string, commit: Commit): Promise<void> {
    return this.#engine.commit(subscriber, commit)
  }

  /** @throws {SseError} errors of the engine. */
  forget(subscriber: string): Promise<void> {
    return this.#engine.forget(subscriber)
  }

  /** Counts and reports an event that a reader cannot decode, once. */
  skip(id: string, cause: unknown): void {
    this.#encoder.skip(id, cause)
  }

  /** Resolves once pending appends are stored and nothing is in flight. */
  async close(): Promise<void> {
    const reading = this.#reader.close()
    await this.#appends.idle()
    await Promise.all([reading, this.#state.idle(), this.#commits.idle(), this.#trimmer.stop()])
  }

  #onAppended(entries: readonly QueuedEntry[], appended: Appended | undefined): void {
    if (!appended) return this.#reader.follow() // they may have been stored all the same
    for (const { entry } of entries) if (!isControlChannel(entry.channel)) this.appended += 1
    this.#trimmer.appended(entries.length)
    if (this.isOpen) this.#addAppended(entries, appended)
    else this.#reader.follow() // it may be opening, and have read the head before
  }

  /** Adds appended entries without reading them back, as far as they follow directly on the head. */
  #addAppended(entries: readonly QueuedEntry[], { epoch, positions }: Appended): void {
    if (epoch !== this.tail.epoch) return this.#reader.follow()
    const at = Date.now()
    const added: Entry[] = []
    let { head } = this.tail
    for (const [index, { entry, isOwn }] of entries.entries()) {
      const position = positions[index] as number
      if (position <= head) continue // stored before, or read in the meantime
      // With an idempotency key, another process may have stored it before with other content.
      const isCertain = isOwn || entry.idempotencyKey === undefined
      if (position !== head + 1 || !isCertain) {
        this.#reader.follow()
        break
      }
      added.push({ ...entry, position, at })
      head = position
    }
    this.tail.add(added, head)
  }

  #onControl(entry: Entry, id: string): void {
    let revocation: Revocation
    try {
      revocation = decodeRevocation(entry)
    } catch (error) {
      return this.skip(id, error)
    }
    const { identity, process } = revocation
    if (process === this.#process) return // done before it was appended
    if (this.isOpen) this.#revocations.revoked(identity)
    else this.#revocations.mayBeRevoked(identity, entry.at)
  }
}
