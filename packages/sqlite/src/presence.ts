import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Member } from '@sse/server/engine-kit'
import { transaction } from './transaction.ts'

const EXPIRED = 'SELECT process FROM sse_presence WHERE expires_at <= ?'

/** Members of all processes. They need not survive a power cut, and never wait for the disk. */
export class Presence {
  readonly #writer: DatabaseSync
  readonly #renew: StatementSync
  readonly #extend: StatementSync
  readonly #enter: StatementSync
  readonly #leave: StatementSync
  readonly #removeExpiredMembers: StatementSync
  readonly #removeExpired: StatementSync
  readonly #present: StatementSync

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.#writer = writer
    this.#renew = writer.prepare(
      `INSERT INTO sse_presence (process, expires_at) VALUES (?, ?)
       ON CONFLICT (process) DO UPDATE SET expires_at = excluded.expires_at`,
    )
    this.#extend = writer.prepare('UPDATE sse_presence SET expires_at = ?2 WHERE process = ?1')
    this.#enter = writer.prepare(
      'INSERT INTO sse_members (process, channel, identity) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.#leave = writer.prepare('DELETE FROM sse_members WHERE process = ? AND channel = ? AND identity = ?')
    this.#removeExpiredMembers = writer.prepare(`DELETE FROM sse_members WHERE process IN (${EXPIRED})`)
    this.#removeExpired = writer.prepare('DELETE FROM sse_presence WHERE expires_at <= ?')
    this.#present = reader.prepare(
      `SELECT DISTINCT identity FROM sse_members JOIN sse_presence USING (process)
       WHERE channel = ? AND expires_at > ?`,
    )
  }

  enter(process: string, members: readonly Member[], ttlMs: number): void {
    this.#change(() => {
      this.#expire()
      this.#renew.run(process, Date.now() + ttlMs)
      for (const { channel, identity } of members) this.#enter.run(process, channel, identity)
    })
  }

  leave(process: string, members: readonly Member[]): void {
    this.#change(() => {
      for (const { channel, identity } of members) this.#leave.run(process, channel, identity)
    })
  }

  touch(process: string, ttlMs: number): boolean {
    return this.#change(() => {
      this.#expire()
      return Number(this.#extend.run(process, Date.now() + ttlMs).changes) > 0
    })
  }

  present(channel: string): string[] {
    return this.#present.all(channel, Date.now()).map(({ identity }) => String(identity))
  }

  /** Removes expired processes with their members: a process that returns enters its members again. */
  #expire(): void {
    const now = Date.now()
    this.#removeExpiredMembers.run(now)
    this.#removeExpired.run(now)
  }

  /** NORMAL: the next event's commit brings it to the disk, and a power cut closes the connections anyway. */
  #change<Result>(work: () => Result): Result {
    this.#writer.exec('PRAGMA synchronous = NORMAL')
    try {
      return transaction(this.#writer, 'immediate', work)
    } finally {
      this.#writer.exec('PRAGMA synchronous = FULL')
    }
  }
}
