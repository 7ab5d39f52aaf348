import { setTimeout as pause } from 'node:timers/promises'
import { type Commit, unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { isOvertaken } from './errors.ts'
import type { HubNames } from './subjects.ts'

/** Each attempt that fails means that another process's commit was stored, or is being stored. */
const MAX_ATTEMPTS = 50
const MAX_PAUSE_MS = 20

/**
 * Positions that subscribers have acknowledged: the newest message of one subject each. It is replaced only if it is
 * still the one that was read, so that a commit only moves forward.
 */
export class Commits {
  readonly #names: HubNames

  constructor(names: HubNames) {
    this.#names = names
  }

  async set(connection: NatsConnection, subscriber: string, { epoch, position }: Commit): Promise<void> {
    const subject = this.#names.commit(subscriber)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const held = await this.#read(connection, subscriber)
      if (held?.commit.epoch === epoch && held.commit.position >= position) return
      try {
        const expect = { lastSubjectSequence: held?.seq ?? 0 }
        await connection.js.publish(subject, `${epoch} ${position}`, { expect })
        return
      } catch (error) {
        if (!isOvertaken(error)) throw error
        // The first is often another commit of this very turn: retry at once. Later ones get out of each other's way.
        if (attempt > 0) await pause(Math.random() * MAX_PAUSE_MS)
      }
    }
    throw unavailable('Too many commits of one subscriber at once: retry')
  }

  async get(connection: NatsConnection, subscriber: string): Promise<Commit | undefined> {
    return (await this.#read(connection, subscriber))?.commit
  }

  async #read(
    { jsm }: NatsConnection,
    subscriber: string,
  ): Promise<{ seq: number; commit: Commit } | undefined> {
    // From the leader: a replica may have an older one.
    const query = { last_by_subj: this.#names.commit(subscriber) }
    const message = await jsm.streams.getMessage(this.#names.commitStream, query)
    if (!message) return undefined
    const [epoch = '', position] = message.string().split(' ')
    return { seq: message.seq, commit: { epoch, position: Number(position) } }
  }
}
