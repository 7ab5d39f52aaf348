import type { Member, PresenceStore } from '@sse/server/engine-kit'
import type { Database } from './database.ts'

/** Members of all processes, with expiry by the server's clock. */
export class Presence implements PresenceStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async enter(process: string, members: readonly Member[], ttlMs: number): Promise<void> {
    await this.#query('enter', process, ttlMs, ...columns(members))
  }

  async leave(process: string, members: readonly Member[]): Promise<void> {
    await this.#query('leave', process, ...columns(members))
  }

  async touch(process: string, ttlMs: number): Promise<boolean> {
    const [row] = await this.#query('touch', process, ttlMs)
    return row?.[0] === true
  }

  async present(channel: string): Promise<string[]> {
    return (await this.#query('present', channel)).map(([identity]) => String(identity))
  }

  #query(verb: 'enter' | 'leave' | 'touch' | 'present', ...values: unknown[]) {
    return this.#database.query('keep', this.#database.statements[verb], values)
  }
}

const columns = (members: readonly Member[]): [string[], string[]] => [
  members.map(({ channel }) => channel),
  members.map(({ identity }) => identity),
]
