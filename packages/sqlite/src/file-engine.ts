import type { DatabaseSync } from 'node:sqlite'
import type { Commit, NewEntry, Page, PresenceStore, Retention } from '@sse/server'
import { closed, failed } from '@sse/server/engine-kit'
import { AppConnections } from './app-connections.ts'
import { retryWhileBusy } from './busy-retry.ts'
import { CommitWatch } from './commit-watch.ts'
import { type ConnectionLimiter, fileIdentity, openConnections } from './connections.ts'
import { explain, isBusy } from './failure.ts'
import { leaveProcess } from './live-processes.ts'
import type { SqliteEngine } from './sqlite-engine.ts'
import { toCommit } from './subscriber-commits.ts'
import { setUpTables, type Tables } from './tables.ts'
import { transaction } from './transaction.ts'
import { TurnBatch } from './turn-batch.ts'

interface SubscriberCommit extends Commit {
  readonly subscriber: string
}

/** The log in one file: what a hub asks of it, and what stands in the way said in words. */
export class FileEngine implements SqliteEngine {
  readonly presence: PresenceStore = {
    enter: (process, members, ttlMs) => this.#run(({ presence }) => presence.enter(process, members, ttlMs)),
    leave: (process, members) => this.#run(({ presence }) => presence.leave(process, members)),
    touch: (process, ttlMs) => this.#run(({ presence }) => presence.touch(process, ttlMs)),
    present: (channel) => this.#run(({ presence }) => presence.present(channel)),
  }
  readonly #file: string
  readonly #busyTimeoutMs: number
  readonly #name = crypto.randomUUID()
  readonly #connections: ConnectionLimiter
  readonly #identity: string | undefined
  readonly #watch: CommitWatch
  readonly #appConnections: AppConnections
  readonly #commits = new TurnBatch<SubscriberCommit>((commits) => this.#storeCommits(commits))
  #tables: Tables | undefined
  #isClosed = false

  constructor(file: string, pollMs: number, busyTimeoutMs: number) {
    this.#file = file
    this.#busyTimeoutMs = busyTimeoutMs
    this.#connections = openConnections(file)
    this.#identity = fileIdentity(file)
    this.#watch = new CommitWatch(this.#connections.writer, pollMs)
    this.#appConnections = new AppConnections(file)
    try {
      this.#tablesOfTheFile()
    } catch (error) {
      // Somebody holds the lock: the first call tries again, without stopping the event loop.
      if (isBusy(error)) return
      this.#connections.close()
      throw explain(error, file)
    }
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    return this.#run(({ epoch, writer }) => {
      this.#checkIdentity()
      return transaction(this.#connections.writer, 'immediate', () => {
        const at = Date.now()
        return {
          epoch: String(epoch.get()?.value),
          positions: entries.map((entry) => writer.write(entry, at)),
        }
      })
    })
  }

  insert(entry: NewEntry, db: DatabaseSync): void {
    try {
      this.#tablesOfTheFile()
      this.#appConnections.write(db, entry, Date.now())
    } catch (error) {
      throw explain(error, this.#file)
    }
    this.#watch.tellSoon()
  }

  read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    return this.#run(({ reader }) => reader.read(after, limit, channels))
  }

  onWake(callback: () => void): () => void {
    return this.#isClosed ? () => {} : this.#watch.onCommit(callback)
  }

  async trim(retention: Retention): Promise<void> {
    while (await this.#run(({ trimming }) => trimming.trimSome(retention))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    return this.#commits.add({ subscriber, epoch, position })
  }

  committed(subscriber: string): Promise<Commit | undefined> {
    return this.#run(({ committed }) => toCommit(committed.get(subscriber)))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch.stop()
    try {
      if (this.#tables) leaveProcess(this.#connections.writer, this.#name)
    } catch {
      // Locked or broken: whoever opens the file once this process is gone forgets it.
    }
    this.#connections.close()
  }

  /** Does `work` as soon as no other connection is in its way. */
  async #run<Result>(work: (tables: Tables) => Result): Promise<Result> {
    try {
      return await retryWhileBusy(() => work(this.#tablesOfTheFile()), this.#busyTimeoutMs)
    } catch (error) {
      throw explain(error, this.#file)
    }
  }

  #tablesOfTheFile(): Tables {
    if (this.#isClosed) throw closed()
    this.#tables ??= setUpTables(this.#connections, this.#file, this.#name)
    return this.#tables
  }

  #storeCommits(commits: readonly SubscriberCommit[]): Promise<void> {
    return this.#run(({ commit }) =>
      transaction(this.#connections.writer, 'immediate', () => {
        for (const { subscriber, epoch, position } of commits) commit.run(subscriber, epoch, position)
      }),
    )
  }

  /** SQLite writes on into a file that was deleted, and nobody would ever read it. */
  #checkIdentity(): void {
    if (fileIdentity(this.#file) === this.#identity) return
    throw failed(`${this.#file} was deleted or replaced while it was open: restart this process`)
  }
}
