import type { Commit } from '@sse/server/engine-kit'
import type { Database } from './database.ts'

interface PendingCommit extends Commit {
  readonly subscriber: string
}

/** Positions that subscribers have acknowledged. Commits that arrive during a write share the next one. */
export class Commits {
  readonly #database: Database
  #due: { commits: PendingCommit[]; written: Promise<void> } | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(database: Database) {
    this.#database = database
  }

  set(commit: PendingCommit): Promise<void> {
    if (!this.#due) {
      const commits: PendingCommit[] = []
      const written = this.#writing.then(() => {
        this.#due = undefined
        return this.#write(commits)
      })
      this.#due = { commits, written }
      this.#writing = written.catch(() => {})
    }
    this.#due.commits.push(commit)
    return this.#due.written
  }

  async get(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    const { statements } = this.#database
    const rows = await this.#database.query('read', statements.committed, [[...new Set(subscribers)]])
    return new Map(
      rows.map(([subscriber, epoch, position]) => [
        String(subscriber),
        { epoch: String(epoch), position: Number(position) },
      ]),
    )
  }

  /** Removes the commit of a subscriber, and those on their way. */
  async forget(subscriber: string): Promise<void> {
    await this.#writing
    await this.#database.query('keep', this.#database.statements.forget, [subscriber])
  }

  /** Writes one commit of each subscriber, in one order: two processes that write at once must not deadlock. */
  async #write(all: readonly PendingCommit[]): Promise<void> {
    const last = new Map<string, PendingCommit>()
    for (const commit of all) {
      const before = last.get(commit.subscriber)
      if (before?.epoch !== commit.epoch || before.position < commit.position) {
        last.set(commit.subscriber, commit)
      }
    }
    const rows = [...last.values()].sort((a, b) => (a.subscriber < b.subscriber ? -1 : 1))
    await this.#database.query('keep', this.#database.statements.commit, [
      rows.map(({ subscriber }) => subscriber),
      rows.map(({ epoch }) => epoch),
      rows.map(({ position }) => position),
    ])
  }
}
