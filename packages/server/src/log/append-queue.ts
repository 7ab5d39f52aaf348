import { SseError } from '@sse/contract'
import { utf8Length } from '../engine-kit/utf8-length.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { type Appended, type CheckedEngine, engineError } from './checked-engine.ts'
import { Deque } from './deque.ts'
import type { NewEntry } from './engine.ts'
import { formatId } from './id.ts'

interface PendingAppend {
  readonly entry: NewEntry
  readonly bytes: number
  readonly resolve: (id: string) => void
  readonly reject: (error: SseError) => void
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
  readonly #onSettled: (entries: readonly NewEntry[], appended: Appended | undefined) => void
  readonly #pending = new Deque<PendingAppend>()
  #pendingBytes = 0
  #running: Promise<void> | undefined

  /** @param onSettled - called after each append, with `undefined` if it failed. Must not throw. */
  constructor(
    engine: CheckedEngine,
    onSettled: (entries: readonly NewEntry[], appended: Appended | undefined) => void,
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
    if (this.#pending.length >= MAX_PENDING || this.#pendingBytes >= MAX_PENDING_BYTES) {
      const message = `${this.#pending.length} publishes are waiting for the engine: await them, or publish less`
      return Promise.reject(new SseError('overloaded', message))
    }
    return new Promise((resolve, reject) => {
      const bytes = sizeOf(entry)
      this.#pending.push({ entry, bytes, resolve, reject })
      this.#pendingBytes += bytes
      this.#running ??= this.#run()
    })
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
    while (this.#pending.length > 0 && batch.length < MAX_BATCH_ENTRIES) {
      bytes += this.#pending.at(0).bytes
      if (bytes > MAX_BATCH_BYTES && batch.length > 0) break
      batch.push(this.#pending.shift() as PendingAppend)
    }
    for (const taken of batch) this.#pendingBytes -= taken.bytes
    return batch
  }

  async #append(batch: readonly PendingAppend[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry)
    try {
      const appended = await this.#engine.append(entries)
      this.#onSettled(entries, appended)
      for (const [index, { resolve }] of batch.entries()) {
        resolve(formatId({ epoch: appended.epoch, position: appended.positions[index] as number }))
      }
    } catch (cause) {
      const error = engineError(cause)
      // Nothing was stored. In halves, down to the entry that the store does not take.
      if (error.code === 'payload_too_large' && batch.length > 1) {
        const middle = batch.length >>> 1
        await this.#append(batch.slice(0, middle))
        return this.#append(batch.slice(middle))
      }
      for (const { reject } of batch) reject(error)
      this.#onSettled(entries, undefined)
    }
  }
}

/** Returns the size of an entry's text in bytes of UTF-8. For a small one, an upper bound. */
function sizeOf({ channel, event, data, key = '', idempotencyKey = '' }: NewEntry): number {
  const bound = 3 * (channel.length + event.length + data.length + key.length + idempotencyKey.length)
  if (bound <= MEASURED_BYTES) return bound
  return [channel, event, data, key, idempotencyKey].reduce((bytes, text) => bytes + utf8Length(text), 0)
}
