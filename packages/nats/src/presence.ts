import { setTimeout as pause } from 'node:timers/promises'
import { type Member, type PresenceStore, randomName, unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { isOvertaken } from './errors.ts'
import { inParallel } from './in-parallel.ts'
import type { ServerClock } from './server-clock.ts'
import { RANDOM_LETTERS } from './streams.ts'
import { fromToken, type HubNames, toToken } from './subjects.ts'

/** Attempts to renew a lease that another call changes at the same time. */
const MAX_ATTEMPTS = 20
const MAX_PAUSE_MS = 20

/** Expired processes are searched for at one of so many renewals. */
const RENEWALS_BETWEEN_SEARCHES = 8

/** A renewal by this process: what the next one builds on, while its lease is valid. */
interface Renewal {
  readonly seq: number
  readonly life: string
  /** By both clocks of this process: one stands still while the machine sleeps, the other may be set back. */
  readonly expiresAt: Clocks
}

interface Clocks {
  readonly running: number
  readonly wall: number
}

const clocks = (): Clocks => ({ running: performance.now(), wall: Date.now() })

/** The latest record of a process: its life, and when its lease expires. */
interface PresenceRecord {
  readonly seq: number
  readonly life: string
  readonly expiresAt: number
}

/**
 * Members of all processes, with expiry by the server's clock.
 *
 * A process has a subject `process.<name>` with its latest record, and one for each of its members,
 * `member.<channel>.<process>.<life>.<identity>`: the names are the data. A life starts with the first record after the
 * lease has expired; members of an earlier life do not count.
 */
export class Presence implements PresenceStore {
  readonly #names: HubNames
  readonly #clock: ServerClock
  readonly #run: <Result>(work: (connection: NatsConnection) => Promise<Result>) => Promise<Result>
  readonly #renewals = new Map<string, Renewal>()
  #touches = 0

  constructor(
    names: HubNames,
    clock: ServerClock,
    run: <Result>(work: (connection: NatsConnection) => Promise<Result>) => Promise<Result>,
  ) {
    this.#names = names
    this.#clock = clock
    this.#run = run
  }

  enter(process: string, members: readonly Member[], ttlMs: number): Promise<void> {
    return this.#run(async (connection) => {
      const record = await this.#recordOf(connection, toToken(process))
      const isAlive = record !== undefined && record.expiresAt > (await this.#clock.now(connection))
      if (record && !isAlive) await this.#remove(connection, process, record)
      const life = isAlive ? record.life : randomName(RANDOM_LETTERS)
      await this.#renew(connection, process, life, ttlMs)
      await inParallel(members, (member) => connection.js.publish(this.#subject(member, process, life)))
    })
  }

  leave(process: string, members: readonly Member[]): Promise<void> {
    return this.#run(async (connection) => {
      const record = await this.#recordOf(connection, toToken(process))
      if (!record) return
      await inParallel(members, (member) =>
        this.#purge(connection, this.#subject(member, process, record.life)),
      )
    })
  }

  touch(process: string, ttlMs: number): Promise<boolean> {
    return this.#run(async (connection) => {
      this.#touches += 1
      if (this.#touches % RENEWALS_BETWEEN_SEARCHES === 1) await this.#removeOneExpired(connection, process)
      if (await this.#renewAgain(connection, process, ttlMs)) return true
      let before: PresenceRecord | undefined
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const record = await this.#recordOf(connection, toToken(process))
        if (!record || record.expiresAt <= (await this.#clock.now(connection))) return false
        // Another call has renewed the lease since: this one has nothing left to do.
        if (record.life === before?.life && record.seq !== before.seq) return true
        try {
          await this.#renew(connection, process, record.life, ttlMs, record.seq)
          return true
        } catch (error) {
          // Another process has just removed the record, or another renewal of this one is being stored.
          if (!isOvertaken(error)) throw error
          before = record
          await pause(Math.random() * MAX_PAUSE_MS)
        }
      }
      throw unavailable('Too many renewals of one lease at once: retry')
    })
  }

  present(channel: string): Promise<string[]> {
    return this.#run(async (connection) => {
      const found = await this.#subjects(connection, `member.${toToken(channel)}.>`)
      const members = found.map((subject) => subject.split('.').slice(-3) as [string, string, string])
      const processes = [...new Set(members.map(([process]) => process))]
      const recordOf = new Map<string, PresenceRecord | undefined>()
      await inParallel(processes, async (process) => {
        recordOf.set(process, await this.#recordOf(connection, process))
      })
      const now = members.length === 0 ? 0 : await this.#clock.now(connection)
      const present = members.filter(([process, life]) => {
        const record = recordOf.get(process)
        return record !== undefined && record.life === life && record.expiresAt > now
      })
      return [...new Set(present.map(([, , identity]) => fromToken(identity)))]
    })
  }

  /** @param token of the process. */
  async #recordOf({ jsm }: NatsConnection, token: string): Promise<PresenceRecord | undefined> {
    const query = { last_by_subj: `${this.#names.presence}.process.${token}` }
    const message = await jsm.streams.getMessage(this.#names.presenceStream, query)
    if (!message) return undefined
    const [life = '', ttlMs] = message.string().split(' ')
    return { seq: message.seq, life, expiresAt: message.time.getTime() + Number(ttlMs) }
  }

  /** Renews a lease that is still valid, in one request. Resolves with `false` if that is not certain. */
  async #renewAgain(connection: NatsConnection, process: string, ttlMs: number): Promise<boolean> {
    const last = this.#renewals.get(process)
    const now = clocks()
    if (!last || last.expiresAt.running <= now.running || last.expiresAt.wall <= now.wall) return false
    try {
      await this.#renew(connection, process, last.life, ttlMs, last.seq)
      return true
    } catch (error) {
      if (!isOvertaken(error)) throw error
      return false
    }
  }

  /** @param over sequence of the record that it may replace; any by default. */
  async #renew(
    { js }: NatsConnection,
    process: string,
    life: string,
    ttlMs: number,
    over?: number,
  ): Promise<void> {
    const expect = over === undefined ? {} : { lastSubjectSequence: over }
    const subject = `${this.#names.presence}.process.${toToken(process)}`
    const { running, wall } = clocks() // the server's time of the record is later
    const { seq } = await js.publish(subject, `${life} ${ttlMs}`, { expect })
    this.#renewals.set(process, { seq, life, expiresAt: { running: running + ttlMs, wall: wall + ttlMs } })
  }

  /** Removes an expired life: first its record, so that a process that renews it now enters its members again. */
  async #remove({ jsm }: NatsConnection, process: string, { seq, life }: PresenceRecord): Promise<void> {
    const { presence, presenceStream } = this.#names
    const token = toToken(process)
    await jsm.streams.purge(presenceStream, { filter: `${presence}.process.${token}`, seq: seq + 1 })
    await jsm.streams.purge(presenceStream, { filter: `${presence}.member.*.${token}.${life}.*` })
  }

  /** Removes one process, chosen at random, if it has expired. */
  async #removeOneExpired(connection: NatsConnection, self: string): Promise<void> {
    const subjects = await this.#subjects(connection, 'process.*')
    const process = fromToken(subjects[Math.floor(Math.random() * subjects.length)]?.split('.').at(-1) ?? '')
    if (process === '' || process === self) return
    const record = await this.#recordOf(connection, toToken(process))
    if (record && record.expiresAt <= (await this.#clock.now(connection))) {
      await this.#remove(connection, process, record)
    }
  }

  async #subjects({ jsm }: NatsConnection, filter: string): Promise<string[]> {
    const { presence, presenceStream } = this.#names
    const { state } = await jsm.streams.info(presenceStream, { subjects_filter: `${presence}.${filter}` })
    return Object.keys(state.subjects ?? {})
  }

  async #purge({ jsm }: NatsConnection, subject: string): Promise<void> {
    await jsm.streams.purge(this.#names.presenceStream, { filter: subject })
  }

  #subject({ channel, identity }: Member, process: string, life: string): string {
    const tokens = [channel, process, life, identity].map(toToken)
    return `${this.#names.presence}.member.${tokens.join('.')}`
  }
}
