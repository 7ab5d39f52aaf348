import { finiteLimit, type Retention } from '@sse/server/engine-kit'
import type { Database } from './database.ts'

/** Maximum number of commits removed at a time. */
const MAX_COMMITS = 5_000
/** Commits are searched for old ones so often within their maximum age: a search reads all of them. */
const SEARCHES = 24

/** Removes entries and commits that exceed a retention, a bounded number at a time. */
export class Trimmer {
  readonly #database: Database
  #searchedAt = Number.NEGATIVE_INFINITY

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns whether there may be more to remove. */
  async trimPiece(retention: Retention): Promise<boolean> {
    const hasMoreEntries = await this.#trimEntries(retention)
    return (await this.#trimCommits(retention.maxCommitAgeMs)) || hasMoreEntries
  }

  async #trimEntries({ maxEvents, maxAgeMs }: Retention): Promise<boolean> {
    const limits = [maxEvents, maxAgeMs].map((limit) => finiteLimit(limit) ?? null)
    const [row] = await this.#database.query('keep', this.#database.statements.trim, limits)
    return row?.[0] === true
  }

  async #trimCommits(maxAgeMs: number): Promise<boolean> {
    const since = performance.now() - this.#searchedAt
    if (finiteLimit(maxAgeMs) === undefined || since < maxAgeMs / SEARCHES) return false
    const { statements } = this.#database
    const [row] = await this.#database.query('keep', statements.trimCommits, [maxAgeMs, MAX_COMMITS])
    if (Number(row?.[0]) === MAX_COMMITS) return true
    this.#searchedAt = performance.now()
    return false
  }
}
