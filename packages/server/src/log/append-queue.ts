import { SseError } from '@sse/contract'
import { nextTurn } from '../timing/next-turn.ts'
import type { Engine, NewEntry } from './engine.ts'
import { formatId } from './id.ts'
import { engineError, type Log } from './log.ts'

/** Most entries in one append. */
const MAX_BATCH = 1_000
/** Most publishes that may wait for a slow engine. */
const MAX_PENDING = 100_000

interface Pending {
  readonly entry: NewEntry
  readonly resolve: (id: string) => void
  readonly reject: (error: SseError) => void
}

/**
 * Hands entries to the engine: what is published within one turn of the event loop, or while the append before
 * is under way, is one append.
 */
export class AppendQueue {
  readonly #engine: Engine
  readonly #log: Log
  readonly #onStored: (count: number) => void
  #pending: Pending[] = []
  #running: Promise<void> | undefined

  constructor(engine: Engine, log: Log, onStored: (count: number) => void) {
    this.#engine = engine
    this.#log = log
    this.#onStored = onStored
  }

  /** Resolves with the id once stored. @throws {SseError} `overloaded`, what the engine says. */
  publish(entry: NewEntry): Promise<string> {
    if (this.#pending.length >= MAX_PENDING) {
      const message = `${MAX_PENDING} publishes wait for the engine already: await them, or publish less`
      return Promise.reject(new SseError('overloaded', message))
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ entry, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing waits any more. */
  async settle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await new Promise<void>(nextTurn)
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, MAX_BATCH)
      this.#pending = this.#pending.slice(MAX_BATCH)
      await this.#append(batch)
    }
    // In the same turn as the look at `#pending`: what is published from now on starts anew.
    this.#running = undefined
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry)
    try {
      await this.#log.open()
      const { epoch, positions } = await this.#engine.append(entries)
      this.#log.take(epoch, entries, positions)
      this.#onStored(entries.length)
      for (let index = 0; index < batch.length; index += 1) {
        const position = positions[index] as number
        ;(batch[index] as Pending).resolve(formatId({ epoch, position }))
      }
    } catch (cause) {
      const error = engineError(cause)
      for (const { reject } of batch) reject(error)
      this.#log.follow() // it may have been stored all the same
    }
  }
}
