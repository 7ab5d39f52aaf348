import type { Member, PresenceStore } from '@sse/server'
import type { Reply } from './connection.ts'
import type { PrimaryLink } from './link.ts'
import type { HubKeys } from './log-keys.ts'
import { Script } from './script.ts'
import { ENTER, LEAVE, PRESENT, TOUCH } from './scripts/presence-scripts.ts'

const enter = new Script(ENTER)
const leave = new Script(LEAVE)
const touch = new Script(TOUCH)
const present = new Script(PRESENT)

/** Members that one call may name. */
const MAX_MEMBERS = 500

/** Who is connected, by the clock of the server. */
export class Presence implements PresenceStore {
  readonly #keys: HubKeys
  readonly #link: PrimaryLink

  constructor(keys: HubKeys, link: PrimaryLink) {
    this.#keys = keys
    this.#link = link
  }

  async enter(process: string, members: readonly Member[], ttlMs: number): Promise<void> {
    for (const some of pieces(members)) await this.#call(enter, process, String(ttlMs), ...some)
  }

  async leave(process: string, members: readonly Member[]): Promise<void> {
    for (const some of pieces(members)) await this.#call(leave, process, ...some)
  }

  async touch(process: string, ttlMs: number): Promise<boolean> {
    return (await this.#call(touch, process, String(ttlMs))) === 1
  }

  async present(channel: string): Promise<string[]> {
    return (await this.#call(present, channel)) as string[]
  }

  #call(script: Script, ...values: string[]): Promise<Reply> {
    const { processes, presencePrefix } = this.#keys
    return this.#link.run((connection) => script.call(connection, [processes], [presencePrefix, ...values]))
  }
}

/** At least one, empty if need be: entering nobody is a word of the process all the same. */
function pieces(members: readonly Member[]): string[][] {
  const all: string[][] = []
  for (let from = 0; from === 0 || from < members.length; from += MAX_MEMBERS) {
    const some = members.slice(from, from + MAX_MEMBERS)
    all.push(some.flatMap(({ channel, identity }) => [channel, identity]))
  }
  return all
}
