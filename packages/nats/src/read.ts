import { setTimeout as pause } from 'node:timers/promises'
import { type Entry, type Page, type ReadOptions, unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import type { LogWatch, SeenLog } from './epoch.ts'
import { countWithin, isFull, MessageReader } from './message-reader.ts'
import type { HubNames } from './subjects.ts'
import type { Tail } from './tail.ts'

/** Attempts to read a log that is trimmed or replaced meanwhile. */
const MAX_ATTEMPTS = 8
const PAUSE_MS = 10

/** Reads pages: the newest entries from the tail, older ones from the server. */
export class LogReader {
  readonly #names: HubNames
  readonly #watch: LogWatch
  readonly #tail: Tail

  constructor(names: HubNames, watch: LogWatch, tail: Tail) {
    this.#names = names
    this.#watch = watch
    this.#tail = tail
  }

  async read(connection: NatsConnection, after: number, options: ReadOptions): Promise<Page> {
    const { channels } = options
    const wanted = channels && { channels: [...new Set(channels)] }
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const page = await this.#tryRead(connection, after, { ...options, ...wanted })
      if (page) return page
      await pause(attempt * PAUSE_MS)
    }
    throw unavailable('The log on NATS is trimmed or replaced faster than it can be read')
  }

  /** Resolves with `undefined` when the log has changed meanwhile. */
  async #tryRead(
    connection: NatsConnection,
    after: number,
    { limit, maxBytes, channels }: ReadOptions,
  ): Promise<Page | undefined> {
    const log = await this.#watch.look(connection)
    const { epoch, head, oldest } = log
    const first = Math.max(after + 1, oldest)
    if (limit === 0) return { epoch, head, oldest, entries: [], reached: after }
    if (first > head || channels?.length === 0) {
      return { epoch, head, oldest, entries: [], reached: Math.max(after, head) }
    }
    const reader = new MessageReader(connection, this.#names.logStream, log)
    if (channels) {
      const entries = await reader.ofChannels(channels, first, { limit, maxBytes })
      // Entries that were trimmed meanwhile are missing without a sign.
      const now = await this.#watch.look(connection)
      if (now.epoch !== epoch || now.oldest > first) return undefined
      const reached = isFull(entries, { limit, maxBytes }) ? (entries.at(-1) as Entry).position : head
      return { epoch, head, oldest, entries, reached }
    }
    const last = Math.min(head, first + limit - 1)
    const ready = this.#tail.from(epoch, first, last, maxBytes)
    const count = countWithin(ready, { limit, maxBytes })
    let entries: readonly Entry[] = ready.slice(0, count)
    let reached = first + count - 1
    if (reached < last && !isFull(entries, { limit, maxBytes })) {
      const bytes = entries.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0)
      const more = await reader.range(reached + 1, last, maxBytes - bytes)
      entries = [...entries, ...more.entries]
      reached = more.reached
    }
    if (entries.length === reached - first + 1) return { epoch, head, oldest, entries, reached }
    return this.#pageAfterHole(connection, log, entries, reached)
  }

  /** The entries missing were trimmed meanwhile, or deleted by hand: then everything before them counts as trimmed. */
  async #pageAfterHole(
    connection: NatsConnection,
    { epoch, head, oldest }: SeenLog,
    entries: Page['entries'],
    reached: number,
  ): Promise<Page | undefined> {
    const now = await this.#watch.look(connection)
    if (now.epoch !== epoch || now.oldest > oldest || !now.hasHoles) return undefined
    let from = reached + 1
    for (const { position } of entries.toReversed()) {
      if (position !== from - 1) break
      from = position
    }
    return { epoch, head, oldest: from, entries: entries.filter(({ position }) => position >= from), reached }
  }
}
