import type { Commit } from '@sse/server'
import { unavailable } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import { codeOf, WRONG_LAST_SEQUENCE } from './failure.ts'
import type { HubNames } from './hub-names.ts'

/** Each try that fails is one of another's that went through. */
const MAX_TRIES = 50

/** How far subscribers have got: the newest message of a subject each, written only over the one that was read. */
export class SubscriberCommits {
  readonly #names: HubNames

  constructor(names: HubNames) {
    this.#names = names
  }

  async set(connection: Connection, subscriber: string, { epoch, position }: Commit): Promise<void> {
    const subject = this.#names.commit(subscriber)
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const held = await this.#read(connection, subscriber)
      if (held?.commit.epoch === epoch && held.commit.position >= position) return
      try {
        const expect = { lastSubjectSequence: held?.seq ?? 0 }
        await connection.js.publish(subject, `${epoch} ${position}`, { expect })
        return
      } catch (error) {
        if (codeOf(error) !== WRONG_LAST_SEQUENCE) throw error
      }
    }
    throw unavailable('A subscriber acknowledges from too many places at once: try again')
  }

  async get(connection: Connection, subscriber: string): Promise<Commit | undefined> {
    return (await this.#read(connection, subscriber))?.commit
  }

  async #read({ jsm }: Connection, subscriber: string): Promise<{ seq: number; commit: Commit } | undefined> {
    // The leader is asked: a replica may have an older one.
    const query = { last_by_subj: this.#names.commit(subscriber) }
    const message = await jsm.streams.getMessage(this.#names.commitStream, query)
    if (!message) return undefined
    const [epoch = '', position] = message.string().split(' ')
    return { seq: message.seq, commit: { epoch, position: Number(position) } }
  }
}
