import { setTimeout as pause } from 'node:timers/promises'
import { type Commit, finiteLimit, unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { isOvertaken } from './errors.ts'
import { inParallel } from './in-parallel.ts'
import type { HubNames } from './subjects.ts'

/** Each attempt that fails means that another process's commit was stored, or is being stored. */
const MAX_ATTEMPTS = 50
const MAX_PAUSE_MS = 20
const HELD = /^([0-9A-Za-z]{1,32}) (\d{1,16})$/

/**
 * Positions that subscribers have acknowledged: the newest message of one subject each. It is replaced only if it is
 * still the one that was read, so that a commit only moves forward. Each call stores a message: the sequence of a
 * commit shows its age.
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
      const heldPosition = held?.commit?.epoch === epoch ? held.commit.position : 0
      try {
        const expect = { lastSubjectSequence: held?.seq ?? 0 }
        await connection.js.publish(subject, `${epoch} ${Math.max(position, heldPosition)}`, { expect })
        return
      } catch (error) {
        if (!isOvertaken(error)) throw error
        if (heldPosition >= position) return // another commit has renewed the age
        // The first is often another commit of this very turn: retry at once. Later ones get out of each other's way.
        if (attempt > 0) await pause(Math.random() * MAX_PAUSE_MS)
      }
    }
    throw unavailable('Too many commits of one subscriber at once: retry')
  }

  /** Costs one request for each subscriber, several at a time. */
  async get(connection: NatsConnection, subscribers: readonly string[]): Promise<Map<string, Commit>> {
    const found = new Map<string, Commit>()
    await inParallel(new Set(subscribers), async (subscriber) => {
      const commit = (await this.#read(connection, subscriber))?.commit
      if (commit) found.set(subscriber, commit)
    })
    return found
  }

  async forget({ jsm }: NatsConnection, subscriber: string): Promise<void> {
    const { commitStream } = this.#names
    await jsm.streams.purge(commitStream, { filter: this.#names.commit(subscriber) })
  }

  /** Removes commits over an age. Their order in the stream is that of their times. */
  async expire({ jsm }: NatsConnection, maxAgeMs: number, now: () => Promise<number>): Promise<void> {
    if (finiteLimit(maxAgeMs) === undefined) return
    const { commitStream, commits } = this.#names
    const { state } = await jsm.streams.info(commitStream)
    const limit = (await now()) - maxAgeMs
    if (state.messages === 0 || Date.parse(state.first_ts as unknown as string) > limit) return
    // The first sequence to keep.
    let [low, high] = [state.first_seq, state.last_seq + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const query = { seq: middle, next_by_subj: `${commits}.>` }
      const message = await jsm.streams.getMessage(commitStream, query)
      if (message && message.time.getTime() > limit) high = middle
      else low = message ? message.seq + 1 : state.last_seq + 1
    }
    await jsm.streams.purge(commitStream, { seq: low })
  }

  async #read(
    { jsm }: NatsConnection,
    subscriber: string,
  ): Promise<{ seq: number; commit: Commit | undefined } | undefined> {
    // From the leader: a replica may have an older one.
    const query = { last_by_subj: this.#names.commit(subscriber) }
    const message = await jsm.streams.getMessage(this.#names.commitStream, query)
    if (!message) return undefined
    return { seq: message.seq, commit: parseCommit(message.string()) }
  }
}

/** Reads a stored commit; `undefined` for what is none. */
export function parseCommit(held: string): Commit | undefined {
  const [, epoch, position] = HELD.exec(held) ?? []
  return epoch === undefined ? undefined : { epoch, position: Number(position) }
}
