import { SseError } from '@sse/contract'
import { utf8Length } from '../engine-kit/utf8-length.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { type Appended, type CheckedEngine, engineError } from './checked-engine.ts'
import { Deque } from './deque.ts'
import type { Commit, NewEntry } from './engine.ts'
import { formatId } from './id.ts'

/** What became of an entry: the position it has in a log, or why it was not stored. */
export type AppendResult = Commit | SseError

interface PendingAppend {
  readonly entry: NewEntry
  readonly bytes: number
  readonly isOwn: boolean
  /** Number of entries behind this one that are stored together with it, or not at all. */
  readonly followers: number
  readonly settle: (result: AppendResult) => void
}

/** An entry, and whether what its key was stored with has the same content, whatever append stored it. */
export interface QueuedEntry {
  readonly entry: NewEntry
  readonly isOwn: boolean
}

/** Maximum size of one append: four of the largest events that a hub accepts by default. */
const MAX_BATCH_ENTRIES = 1_000
const MAX_BATCH_BYTES = 4_194_304
/** Appends that wait for a slow engine, at most. */
const MAX_PENDING = 100_000
const MAX_PENDING_BYTES = 536_870_912
/** Smaller entries are not measured: a batch of them stays below the limit. */
const MEASURED_BYTES = 4_096

/**
 * Entries on their way to the engine: those of one turn of the event loop, and those that arrive while an append is in
 * flight, share one append.
 */
export class AppendQueue {
  readonly #engine: CheckedEngine
  readonly #onSettled: (entries: readonly QueuedEntry[], appended: Appended | undefined) => void
  readonly #pending = new Deque<PendingAppend>()
  #pendingBytes = 0
  #running: Promise<void> | undefined

  /** @param onSettled - called after each append, with `undefined` if it failed. Must not throw. */
  constructor(
    engine: CheckedEngine,
    onSettled: (entries: readonly QueuedEntry[], appended: Appended | undefined) => void,
  ) {
    this.#engine = engine
    this.#onSettled = onSettled
  }

  /**
   * Resolves with the entry's id once it is stored.
   *
   * @throws {SseError} `overloaded`, errors of the engine.
   */
  add(entry: NewEntry): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#push(entry, false, (result) => {
        if (result instanceof Error) reject(result)
        else resolve(formatId(result))
      })
    })
  }

  /**
   * Resolves with the ids of entries, at least one, once they are stored. They share one call of the engine's `append`,
   * which stores all of them or, if it rejects, none: as far as the engine has such calls.
   *
   * @throws {SseError} `payload_too_large` if they do not fit into one append. `overloaded`, errors of the engine.
   */
  addTogether(entries: readonly NewEntry[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
      if (entries.length > 1 && (entries.length > MAX_BATCH_ENTRIES || bytes > MAX_BATCH_BYTES)) {
        const limit = `${MAX_BATCH_ENTRIES} events and ${MAX_BATCH_BYTES} bytes`
        return reject(new SseError('payload_too_large', `Events stored together are limited to ${limit}`))
      }
      if (this.#isFull) return reject(this.#overloaded())
      const ids: string[] = []
      for (const [index, entry] of entries.entries()) {
        this.#add(entry, false, index === 0 ? entries.length - 1 : 0, (result) => {
          if (result instanceof Error) return reject(result)
          ids[index] = formatId(result)
          if (index === entries.length - 1) resolve(ids)
        })
      }
    })
  }

  /**
   * Appends entries in order, at least one, and calls `settled` with what became of each; it must not throw. Their
   * idempotency keys are the caller's own: no other append to the channel has the same key and other content.
   */
  addOwn(entries: readonly NewEntry[], settled: (results: readonly AppendResult[]) => void): void {
    const [first] = entries
    if (first && entries.length === 1) return this.#push(first, true, (result) => settled([result]))
    const results: AppendResult[] = []
    let pending = entries.length
    for (const [index, entry] of entries.entries()) {
      this.#push(entry, true, (result) => {
        results[index] = result
        pending -= 1
        if (pending === 0) settled(results)
      })
    }
  }

  #push(entry: NewEntry, isOwn: boolean, settle: PendingAppend['settle']): void {
    if (this.#isFull) settle(this.#overloaded())
    else this.#add(entry, isOwn, 0, settle)
  }

  get #isFull(): boolean {
    return this.#pending.length >= MAX_PENDING || this.#pendingBytes >= MAX_PENDING_BYTES
  }

  #overloaded(): SseError {
    const message = `${this.#pending.length} publishes are waiting for the engine: await them, or publish less`
    return new SseError('overloaded', message)
  }

  #add(entry: NewEntry, isOwn: boolean, followers: number, settle: PendingAppend['settle']): void {
    const bytes = sizeOf(entry)
    this.#pending.push({ entry, bytes, isOwn, followers, settle })
    this.#pendingBytes += bytes
    this.#running ??= this.#run()
  }

  /** Resolves once nothing is pending. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    await new Promise<void>(nextTurn)
    while (this.#pending.length > 0) await this.#append(this.#take())
    // In the same turn as the check of `#pending`: a later entry starts again.
    this.#running = undefined
  }

  #take(): PendingAppend[] {
    const batch: PendingAppend[] = []
    let bytes = 0
    while (this.#pending.length > 0) {
      const count = this.#pending.at(0).followers + 1
      for (let index = 0; index < count; index += 1) bytes += this.#pending.at(index).bytes
      const isOver = bytes > MAX_BATCH_BYTES || batch.length + count > MAX_BATCH_ENTRIES
      if (isOver && batch.length > 0) break
      for (let index = 0; index < count; index += 1) batch.push(this.#pending.shift() as PendingAppend)
    }
    for (const taken of batch) this.#pendingBytes -= taken.bytes
    return batch
  }

  async #append(batch: readonly PendingAppend[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry)
    try {
      const appended = await this.#engine.append(entries)
      this.#onSettled(batch, appended)
      const { epoch, positions } = appended
      for (const [index, { settle }] of batch.entries()) {
        settle({ epoch, position: positions[index] as number })
      }
    } catch (cause) {
      const error = engineError(cause)
      // Nothing was stored. In halves, down to the entry that the store does not take.
      const middle = error.code === 'payload_too_large' ? middleOf(batch) : 0
      if (middle > 0) {
        await this.#append(batch.slice(0, middle))
        return this.#append(batch.slice(middle))
      }
      for (const { settle } of batch) settle(error)
      this.#onSettled(batch, undefined)
    }
  }
}

/** Returns where a batch is cut in two; 0 if all of it is to be stored together. */
function middleOf(batch: readonly PendingAppend[]): number {
  const half = batch.length / 2
  let start = 0
  while (start < batch.length) {
    const next = start + (batch[start] as PendingAppend).followers + 1
    if (next > half) return start > 0 || next === batch.length ? start : next
    start = next
  }
  return 0
}

/** Returns the size of an entry's text in bytes of UTF-8. For a small one, an upper bound. */
function sizeOf({ channel, event, data, key = '', idempotencyKey = '' }: NewEntry): number {
  const bound = 3 * (channel.length + event.length + data.length + key.length + idempotencyKey.length)
  if (bound <= MEASURED_BYTES) return bound
  return [channel, event, data, key, idempotencyKey].reduce((bytes, text) => bytes + utf8Length(text), 0)
}
