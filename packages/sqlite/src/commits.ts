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

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.#db = writer
    this.#set = writer.prepare(
      `INSERT INTO sse_commits (subscriber, epoch, position) VALUES (?, ?, ?)
       ON CONFLICT (subscriber) DO UPDATE SET epoch = excluded.epoch, position = excluded.position
       WHERE excluded.epoch <> epoch OR excluded.position > position`,
    )
    this.#get = reader.prepare('SELECT epoch, position FROM sse_commits WHERE subscriber = ?')
  }

  set(commits: readonly SubscriberCommit[]): void {
    transaction(this.#db, 'immediate', () => {
      for (const { subscriber, epoch, position } of commits) this.#set.run(subscriber, epoch, position)
    })
  }

  get(subscriber: string): Commit | undefined {
    const row = this.#get.get(subscriber) as unknown as Commit | undefined
    return row && { epoch: row.epoch, position: row.position }
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
