import type { Commit } from '@sse/server'
import type { Database } from './database.ts'

interface Said extends Commit {
  readonly subscriber: string
}

/** How far subscribers have got. What is said while a write is under way shares the next one. */
export class SubscriberCommits {
  readonly #database: Database
  #due: { said: Said[]; written: Promise<void> } | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(database: Database) {
    this.#database = database
  }

  commit(said: Said): Promise<void> {
    if (!this.#due) {
      const said: Said[] = []
      const written = this.#writing.then(() => {
        this.#due = undefined
        return this.#write(said)
      })
      this.#due = { said, written }
      this.#writing = written.catch(() => {})
    }
    this.#due.said.push(said)
    return this.#due.written
  }

  async committed(subscriber: string): Promise<Commit | undefined> {
    const { statements } = this.#database
    const [row] = await this.#database.ask('read', statements.committed, [subscriber])
    return row && { epoch: String(row[0]), position: Number(row[1]) }
  }

  /** Everybody once, in one order: two processes that write at once must not wait for each other. */
  async #write(all: readonly Said[]): Promise<void> {
    const last = new Map<string, Said>()
    for (const said of all) {
      const before = last.get(said.subscriber)
      if (before?.epoch !== said.epoch || before.position < said.position) last.set(said.subscriber, said)
    }
    const rows = [...last.values()].sort((a, b) => (a.subscriber < b.subscriber ? -1 : 1))
    await this.#database.ask('keep', this.#database.statements.commit, [
      rows.map(({ subscriber }) => subscriber),
      rows.map(({ epoch }) => epoch),
      rows.map(({ position }) => position),
    ])
  }
}
