import type { Member, PresenceStore } from '@sse/server'
import type { Connection } from './connection.ts'
import { codeOf, WRONG_LAST_SEQUENCE } from './failure.ts'
import { type HubNames, randomName } from './hub-names.ts'
import type { ServerClock } from './server-clock.ts'
import { fromToken, toToken } from './subject-token.ts'

/** The last word of a process: when it was given, and for how long it is good. */
interface Word {
  readonly seq: number
  readonly life: string
  readonly until: number
}

/**
 * Who is connected, by the clock of the server.
 *
 * A process has a subject `process.<name>` with its last word, and one for each of its members,
 * `member.<channel>.<process>.<life>.<identity>`: the names are the data. A life begins with the first word after a
 * silence, and members of an earlier one count for nothing.
 */
export class Presence implements PresenceStore {
  readonly #names: HubNames
  readonly #clock: ServerClock
  readonly #run: <Result>(work: (connection: Connection) => Promise<Result>) => Promise<Result>

  constructor(
    names: HubNames,
    clock: ServerClock,
    run: <Result>(work: (connection: Connection) => Promise<Result>) => Promise<Result>,
  ) {
    this.#names = names
    this.#clock = clock
    this.#run = run
  }

  enter(process: string, members: readonly Member[], ttlMs: number): Promise<void> {
    return this.#run(async (connection) => {
      const word = await this.#word(connection, process)
      const isAlive = word !== undefined && word.until > (await this.#clock.now(connection))
      if (word && !isAlive) await this.#forget(connection, process, word)
      const life = isAlive ? word.life : randomName()
      await this.#speak(connection, process, life, ttlMs)
      await Promise.all(members.map((member) => connection.js.publish(this.#subject(member, process, life))))
    })
  }

  leave(process: string, members: readonly Member[]): Promise<void> {
    return this.#run(async (connection) => {
      const word = await this.#word(connection, process)
      if (!word) return
      await Promise.all(
        members.map((member) => this.#remove(connection, this.#subject(member, process, word.life))),
      )
    })
  }

  touch(process: string, ttlMs: number): Promise<boolean> {
    return this.#run(async (connection) => {
      await this.#forgetSomebody(connection, process)
      const word = await this.#word(connection, process)
      if (!word || word.until <= (await this.#clock.now(connection))) return false
      try {
        await this.#speak(connection, process, word.life, ttlMs, word.seq)
        return true
      } catch (error) {
        if (codeOf(error) === WRONG_LAST_SEQUENCE) return false // somebody has just taken it for dead
        throw error
      }
    })
  }

  present(channel: string): Promise<string[]> {
    return this.#run(async (connection) => {
      const found = await this.#subjects(connection, `member.${toToken(channel)}.>`)
      const members = found.map((subject) => subject.split('.').slice(-3) as [string, string, string])
      const processes = [...new Set(members.map(([process]) => process))]
      const words = await Promise.all(processes.map((process) => this.#wordOf(connection, process)))
      const now = members.length === 0 ? 0 : await this.#clock.now(connection)
      const lives = new Map(processes.map((process, index) => [process, words[index]]))
      const present = members.filter(([process, life]) => {
        const word = lives.get(process)
        return word !== undefined && word.life === life && word.until > now
      })
      return [...new Set(present.map(([, , identity]) => fromToken(identity)))]
    })
  }

  #word(connection: Connection, process: string): Promise<Word | undefined> {
    return this.#wordOf(connection, toToken(process))
  }

  async #wordOf({ jsm }: Connection, process: string): Promise<Word | undefined> {
    const query = { last_by_subj: `${this.#names.presence}.process.${process}` }
    const message = await jsm.streams.getMessage(this.#names.presenceStream, query)
    if (!message) return undefined
    const [life = '', ttlMs] = message.string().split(' ')
    return { seq: message.seq, life, until: message.time.getTime() + Number(ttlMs) }
  }

  async #speak(
    { js }: Connection,
    process: string,
    life: string,
    ttlMs: number,
    over?: number,
  ): Promise<void> {
    const expect = over === undefined ? {} : { lastSubjectSequence: over }
    await js.publish(`${this.#names.presence}.process.${toToken(process)}`, `${life} ${ttlMs}`, { expect })
  }

  /** Its last word first, unless it has spoken since: then it enters its members again. */
  async #forget({ jsm }: Connection, process: string, { seq, life }: Word): Promise<void> {
    const { presence, presenceStream } = this.#names
    const token = toToken(process)
    await jsm.streams.purge(presenceStream, { filter: `${presence}.process.${token}`, seq: seq + 1 })
    await jsm.streams.purge(presenceStream, { filter: `${presence}.member.*.${token}.${life}.*` })
  }

  /** Looks at one of the processes, another each time. */
  async #forgetSomebody(connection: Connection, self: string): Promise<void> {
    const subjects = await this.#subjects(connection, 'process.*')
    const process = fromToken(subjects[Math.floor(Math.random() * subjects.length)]?.split('.').at(-1) ?? '')
    if (process === '' || process === self) return
    const word = await this.#word(connection, process)
    if (word && word.until <= (await this.#clock.now(connection)))
      await this.#forget(connection, process, word)
  }

  async #subjects({ jsm }: Connection, filter: string): Promise<string[]> {
    const { presence, presenceStream } = this.#names
    const { state } = await jsm.streams.info(presenceStream, { subjects_filter: `${presence}.${filter}` })
    return Object.keys(state.subjects ?? {})
  }

  async #remove({ jsm }: Connection, subject: string): Promise<void> {
    await jsm.streams.purge(this.#names.presenceStream, { filter: subject })
  }

  #subject({ channel, identity }: Member, process: string, life: string): string {
    const tokens = [channel, process, life, identity].map(toToken)
    return `${this.#names.presence}.member.${tokens.join('.')}`
  }
}
