import { checkDataBytes, type NewEntry, unavailable } from '@sse/server/engine-kit'
import type { OutgoingMessage } from './ack-inbox.ts'
import type { NatsConnection } from './connection.ts'
import type { LogWatch, SeenLog } from './epoch.ts'
import { isNoResponder } from './errors.ts'
import { idempotencyId, toMessage } from './message.ts'

/** Attempts to append to a log that is replaced again and again. */
const MAX_ATTEMPTS = 3

/** Size of the messages sent before their acknowledgements are awaited, in bytes: two or more of the largest. */
const MAX_BYTES_IN_FLIGHT = 8_388_608
const MAX_IN_FLIGHT = 5_000

export interface Appended {
  readonly epoch: string
  readonly positions: number[]
}

/** Publishes entries, as many at once as the connection takes, and waits for every acknowledgement. */
export class Appender {
  readonly #watch: LogWatch

  constructor(watch: LogWatch) {
    this.#watch = watch
  }

  async append(connection: NatsConnection, entries: readonly NewEntry[]): Promise<Appended> {
    for (const { data } of entries)
      checkDataBytes(data, connection.maxDataBytes, 'NATS', 'max_payload less 8,192')
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      // Subjects of the latest epoch seen. No stream stores the subjects of a log that was deleted.
      const log = this.#watch.latest ?? (await this.#watch.look(connection))
      try {
        return await this.#publish(connection, log, entries)
      } catch (error) {
        if (!isNoResponder(error)) throw error
        const now = await this.#watch.look(connection)
        if (now.prefix === log.prefix) throw error
      }
    }
    throw unavailable('The log on NATS is being replaced again and again')
  }

  /** For a key that the server remembers, it returns the position of the first entry, even if that was trimmed. */
  async #publish({ acks }: NatsConnection, log: SeenLog, entries: readonly NewEntry[]): Promise<Appended> {
    const messages: OutgoingMessage[] = []
    const byKey = new Map<string, number>()
    // The message of each entry. An entry whose key came before has no message.
    const indexes = entries.map((entry) => {
      const id = idempotencyId(entry)
      const before = id === undefined ? undefined : byKey.get(id)
      if (before !== undefined) return before
      if (id !== undefined) byKey.set(id, messages.length)
      return messages.push(toMessage(log.prefix, entry)) - 1
    })
    const stored: number[] = []
    for (const piece of inPieces(messages)) stored.push(...(await acks.store(piece)))
    // A replicated stream returns 0 while the first of two publishes with one id is in flight.
    if (stored.includes(0)) {
      throw unavailable('NATS is storing an event with the same idempotencyKey: retry')
    }
    for (const [index, position] of stored.entries()) {
      this.#watch.note(log.epoch, position, messages[index] as OutgoingMessage)
    }
    return { epoch: log.epoch, positions: indexes.map((index) => stored[index] as number) }
  }
}

function inPieces(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const pieces: OutgoingMessage[][] = []
  let bytes = 0
  for (const message of messages) {
    const piece = pieces.at(-1)
    const size = message.data.length + message.subject.length
    if (piece && piece.length < MAX_IN_FLIGHT && bytes + size <= MAX_BYTES_IN_FLIGHT) {
      piece.push(message)
      bytes += size
    } else {
      pieces.push([message])
      bytes = size
    }
  }
  return pieces
}
