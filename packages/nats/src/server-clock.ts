import { unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import type { HubNames } from './subjects.ts'

/** Time one reading of the server's clock is used, in milliseconds. */
const VALID_MS = 10_000

/** Clock of the server that stores the streams: clocks of processes differ. */
export class ServerClock {
  readonly #names: HubNames
  #offset = 0
  #readAt = Number.NEGATIVE_INFINITY

  constructor(names: HubNames) {
    this.#names = names
  }

  /** Resolves with milliseconds since 1970. */
  async now(connection: NatsConnection): Promise<number> {
    if (performance.now() - this.#readAt > VALID_MS) await this.#read(connection)
    return performance.now() + this.#offset
  }

  /** Stores a message, and reads the time it was stored. */
  async #read({ js, jsm }: NatsConnection): Promise<void> {
    const subject = `${this.#names.presence}.clock`
    const since = performance.now()
    await js.publish(subject)
    const readAt = (since + performance.now()) / 2
    const stored = await jsm.streams.getMessage(this.#names.presenceStream, { last_by_subj: subject })
    if (!stored) throw unavailable('NATS has lost a message that it had just stored: retry')
    this.#offset = stored.time.getTime() - readAt
    this.#readAt = readAt
  }
}
