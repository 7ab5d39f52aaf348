import type { NewEntry } from '@sse/server'
import { failed, unavailable } from '@sse/server/engine-kit'
import type { OutgoingMessage } from './ack-inbox.ts'
import type { Connection } from './connection.ts'
import { isNobodyThere } from './failure.ts'
import type { LogWatch, SeenLog } from './log-watch.ts'
import { toMessage } from './stored-entry.ts'

export interface Appended {
  readonly epoch: string
  readonly positions: number[]
}

/** Publishes entries, all at once, and waits for every acknowledgement. */
export class Appender {
  readonly #watch: LogWatch
  #log: SeenLog | undefined

  constructor(watch: LogWatch) {
    this.#watch = watch
  }

  async append(connection: Connection, entries: readonly NewEntry[]): Promise<Appended> {
    for (const { data } of entries) checkSize(data, connection.maxDataBytes)
    for (let looks = 0; looks < 3; looks += 1) {
      // The epoch that any answer has named last; the subjects of a log that is gone are taken by nobody.
      if (!this.#log || this.#log.epoch !== this.#watch.epoch) this.#log = await this.#watch.look(connection)
      const log = this.#log
      try {
        return await this.#publish(connection, log, entries)
      } catch (error) {
        if (!isNobodyThere(error)) throw error
        this.#log = undefined
        const now = await this.#watch.look(connection)
        if (now.prefix === log.prefix) throw error
      }
    }
    throw unavailable('The log on NATS is being replaced time and again')
  }

  /** A key that the server remembers is answered with the position of the first, also when that was trimmed. */
  async #publish({ acks }: Connection, log: SeenLog, entries: readonly NewEntry[]): Promise<Appended> {
    const messages: OutgoingMessage[] = []
    const byKey = new Map<string, number>()
    // Which of the messages each entry is: one whose key came before is none of its own.
    const indexes = entries.map((entry) => {
      const { idempotencyKey } = entry
      const before = idempotencyKey === undefined ? undefined : byKey.get(idempotencyKey)
      if (before !== undefined) return before
      if (idempotencyKey !== undefined) byKey.set(idempotencyKey, messages.length)
      return messages.push(toMessage(log.prefix, entry)) - 1
    })
    const stored = await acks.store(messages)
    // A replicated stream answers 0 while the first of two publishes with one id is under way.
    if (stored.includes(0)) {
      throw unavailable('NATS is storing an event with the same idempotencyKey: try again')
    }
    for (const position of stored) this.#watch.note(log.epoch, position)
    return { epoch: log.epoch, positions: indexes.map((index) => stored[index] as number) }
  }
}

function checkSize(data: string, most: number): void {
  if (data.length * 3 <= most || Buffer.byteLength(data) <= most) return
  throw failed(
    `NATS takes no payload of more than ${most} bytes (max_payload less 8,192): publish smaller ones, or raise it`,
  )
}
