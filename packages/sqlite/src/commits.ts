import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Commit } from '@sse/server/engine-kit'
import { transaction } from './transaction.ts'

export interface SubscriberCommit extends Commit {
  readonly subscriber: string
}

/** Positions that subscribers have acknowledged. Within one epoch, a commit only moves forward. */
export class Commits {
  readonly #db: DatabaseSync
  readonly #set: StatementSync
  readonly #get: StatementSync
  readonly #forget: StatementSync

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.#db = writer
    this.#set = writer.prepare(
      `INSERT INTO sse_commits (subscriber, epoch, position, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (subscriber) DO UPDATE SET at = excluded.at, epoch = excluded.epoch,
         position = iif(excluded.epoch = epoch, max(excluded.position, position), excluded.position)`,
    )
    this.#get = reader.prepare(
      `SELECT subscriber, epoch, position FROM sse_commits
       WHERE subscriber IN (SELECT value FROM json_each(?)) AND position <= ${Number.MAX_SAFE_INTEGER}`,
    )
    this.#forget = writer.prepare('DELETE FROM sse_commits WHERE subscriber = ?')
  }

  set(commits: readonly SubscriberCommit[]): void {
    const at = Date.now()
    transaction(this.#db, 'immediate', () => {
      for (const { subscriber, epoch, position } of commits) this.#set.run(subscriber, epoch, position, at)
    })
  }

  get(subscribers: readonly string[]): Map<string, Commit> {
    const rows = this.#get.all(JSON.stringify(subscribers)) as unknown as SubscriberCommit[]
    return new Map(rows.map(({ subscriber, epoch, position }) => [subscriber, { epoch, position }]))
  }

  forget(subscriber: string): void {
    this.#forget.run(subscriber)
  }
}

/** Gathers the commits of one turn of the event loop, and writes them in one transaction. */
export class CommitBatch {
  readonly #write: (commits: readonly SubscriberCommit[]) => Promise<void>
  #commits: SubscriberCommit[] = []
  #written: Promise<void> | undefined

  constructor(write: (commits: readonly SubscriberCommit[]) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once the commit, and all others of its turn, are written. */
  add(commit: SubscriberCommit): Promise<void> {
    this.#commits.push(commit)
    this.#written ??= this.#writeNextTurn()
    return this.#written
  }

  async #writeNextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const commits = this.#commits
    this.#commits = []
    this.#written = undefined
    await this.#write(commits)
  }
}
