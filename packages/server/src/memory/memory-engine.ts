import { SseError } from '@sse/contract'
import { closed } from '../engine-kit/failures.ts'
import { makePage } from '../engine-kit/page.ts'
import type { Commit, Engine, Entry, NewEntry, Page, ReadOptions, Retention } from '../log/engine.ts'
import { createEpoch } from '../log/id.ts'
import { IndexedLog } from '../log/indexed-log.ts'

export interface MemoryOptions {
  /** Maximum bytes of entries, counted as two per character of their text. Default 64 MiB. */
  maxBytes?: number
}

/**
 * Creates an engine that keeps the log in this process: nothing to install, and nothing left after a restart. Each start
 * is a new epoch, so a client that reconnects to another process gets a `gap`.
 *
 * @throws {SseError} `option_invalid`.
 */
export function memory({ maxBytes = 67_108_864 }: MemoryOptions = {}): Engine {
  if (!(maxBytes >= 0)) {
    throw new SseError('option_invalid', `memory: maxBytes must be 0 or more, not ${maxBytes}`)
  }
  return new MemoryEngine(maxBytes)
}

interface StoredEntry extends Entry {
  readonly idempotencyKey: string | undefined
}

interface StoredCommit extends Commit {
  /** Time of the last call, in milliseconds since 1970. */
  readonly at: number
}

class MemoryEngine implements Engine {
  readonly rejectsOnlyUnstored = true
  readonly #epoch = createEpoch()
  readonly #log = new IndexedLog<StoredEntry>(0)
  /** Position of the entry of each idempotency key, by channel. */
  readonly #byIdempotencyKey = new Map<string, Map<string, number>>()
  /** In the order of their last call. */
  readonly #commits = new Map<string, StoredCommit>()
  readonly #maxBytes: number
  #bytes = 0
  #isClosed = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    this.#checkOpen()
    const at = Date.now()
    const positions = entries.map((entry) => this.#store(entry, at))
    while (this.#bytes > this.#maxBytes) this.#drop()
    return { epoch: this.#epoch, positions }
  }

  async read(after: number, { limit, maxBytes, channels }: ReadOptions): Promise<Page> {
    this.#checkOpen()
    const { head, oldest } = this.#log
    const found = this.#log.after(after, limit, channels && [...new Set(channels)])
    return makePage({ epoch: this.#epoch, head, oldest }, after, found, { limit, maxBytes })
  }

  /** No other process writes to this log. */
  onWake(): () => void {
    return () => {}
  }

  async trim({ maxEvents, maxAgeMs, maxCommitAgeMs }: Retention): Promise<void> {
    this.#checkOpen()
    const now = Date.now()
    const oldestAt = now - maxAgeMs
    while (this.#log.length > maxEvents || (this.#log.first?.at ?? Number.POSITIVE_INFINITY) < oldestAt) {
      this.#drop()
    }
    for (const [subscriber, { at }] of this.#commits) {
      if (at >= now - maxCommitAgeMs) break
      this.#commits.delete(subscriber)
    }
  }

  async commit(subscriber: string, commit: Commit): Promise<void> {
    this.#checkOpen()
    const stored = this.#commits.get(subscriber)
    const isBehind = stored?.epoch === commit.epoch && stored.position > commit.position
    const { epoch, position } = isBehind ? stored : commit
    this.#commits.delete(subscriber) // to the end of the order
    this.#commits.set(subscriber, { epoch, position, at: Date.now() })
  }

  async committed(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    this.#checkOpen()
    const found = new Map<string, Commit>()
    for (const subscriber of subscribers) {
      const { epoch, position } = this.#commits.get(subscriber) ?? {}
      if (epoch !== undefined && position !== undefined) found.set(subscriber, { epoch, position })
    }
    return found
  }

  async forget(subscriber: string): Promise<void> {
    this.#checkOpen()
    this.#commits.delete(subscriber)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #store({ channel, event, data, key, idempotencyKey, traceparent }: NewEntry, at: number): number {
    const known =
      idempotencyKey === undefined ? undefined : this.#byIdempotencyKey.get(channel)?.get(idempotencyKey)
    if (known !== undefined) return known
    const position = this.#log.head + 1
    const entry = { position, at, channel, event, data, key, idempotencyKey, traceparent }
    this.#log.push(entry)
    this.#bytes += size(entry)
    if (idempotencyKey !== undefined) this.#keep(channel, idempotencyKey, position)
    return position
  }

  #keep(channel: string, idempotencyKey: string, position: number): void {
    const keys = this.#byIdempotencyKey.get(channel)
    if (keys) keys.set(idempotencyKey, position)
    else this.#byIdempotencyKey.set(channel, new Map([[idempotencyKey, position]]))
  }

  #drop(): void {
    const entry = this.#log.shift()
    if (!entry) return
    this.#bytes -= size(entry)
    const { channel, idempotencyKey } = entry
    if (idempotencyKey === undefined) return
    const keys = this.#byIdempotencyKey.get(channel)
    keys?.delete(idempotencyKey)
    if (keys?.size === 0) this.#byIdempotencyKey.delete(channel)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed()
  }
}

/** Size of an entry beside its text: the object, and an element of two lists. */
const ENTRY_BYTES = 160

function size(entry: StoredEntry): number {
  const { channel, event, data, key = '', idempotencyKey = '', traceparent = '' } = entry
  const names = channel.length + event.length + key.length + idempotencyKey.length + traceparent.length
  return ENTRY_BYTES + 2 * (names + data.length)
}
