import type { SseError } from '@sse/contract'
import { nextTurn } from '../timing/next-turn.ts'
import { type CheckedEngine, engineError } from './checked-engine.ts'
import type { Commit } from './engine.ts'

interface Request {
  readonly subscriber: string
  readonly resolve: (commit: Commit | undefined) => void
  readonly reject: (error: SseError) => void
}

/** Subscribers asked for in one call. */
const MAX_SUBSCRIBERS = 1_000

/** Reads what subscribers have acknowledged, one call at a time for all that wait: a storm of newcomers needs few. */
export class CommitReader {
  readonly #engine: CheckedEngine
  #waiting: Request[] = []
  #running: Promise<void> | undefined

  constructor(engine: CheckedEngine) {
    this.#engine = engine
  }

  /** @throws {SseError} errors of the engine. */
  read(subscriber: string): Promise<Commit | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ subscriber, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves once no request waits. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    await new Promise<void>(nextTurn)
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = batch.splice(MAX_SUBSCRIBERS)
      await this.#readBatch(batch)
    }
    this.#running = undefined
  }

  async #readBatch(batch: readonly Request[]): Promise<void> {
    try {
      const subscribers = [...new Set(batch.map(({ subscriber }) => subscriber))]
      const commits = await this.#engine.committed(subscribers)
      for (const { subscriber, resolve } of batch) resolve(commits.get(subscriber))
    } catch (thrown) {
      const error = engineError(thrown)
      for (const { reject } of batch) reject(error)
    }
  }
}
