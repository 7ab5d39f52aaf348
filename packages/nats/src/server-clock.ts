import { unavailable } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import type { HubNames } from './hub-names.ts'

/** For how long a look at the server's clock is good, in milliseconds. */
const VALID_MS = 10_000

/** What time it is for the server that stores: clocks of processes differ. */
export class ServerClock {
  readonly #names: HubNames
  #offset = 0
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(names: HubNames) {
    this.#names = names
  }

  /** In milliseconds since 1970. */
  async now(connection: Connection): Promise<number> {
    if (performance.now() - this.#lookedAt > VALID_MS) await this.#look(connection)
    return performance.now() + this.#offset
  }

  /** Stores a word, and asks when that was. */
  async #look({ js, jsm }: Connection): Promise<void> {
    const subject = `${this.#names.presence}.clock`
    const since = performance.now()
    await js.publish(subject)
    const lookedAt = (since + performance.now()) / 2
    const word = await jsm.streams.getMessage(this.#names.presenceStream, { last_by_subj: subject })
    if (!word) throw unavailable('NATS has lost what it had just stored: try again')
    this.#offset = word.time.getTime() - lookedAt
    this.#lookedAt = lookedAt
  }
}
