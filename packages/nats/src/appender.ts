import type { PubAck } from '@nats-io/jetstream'
import type { NewEntry } from '@sse/server'
import type { Connection } from './connection.ts'
import { failed, isNobodyThere, unavailable } from './failure.ts'
import type { LogWatch, SeenLog } from './log-watch.ts'
import { toMessage } from './stored-entry.ts'
import { toToken } from './subject-token.ts'

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

  async #publish(connection: Connection, log: SeenLog, entries: readonly NewEntry[]): Promise<Appended> {
    const byKey = new Map<string, Promise<number>>()
    const positions = entries.map((entry) => {
      const { idempotencyKey } = entry
      if (idempotencyKey === undefined) return this.#store(connection, log, entry)
      const position = byKey.get(idempotencyKey) ?? this.#store(connection, log, entry)
      byKey.set(idempotencyKey, position)
      return position
    })
    // All of them, so that nothing of this append comes after the next one.
    const outcomes = await Promise.allSettled(positions)
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')
    if (refused) throw refused.reason
    const stored = outcomes.map((outcome) => (outcome as PromiseFulfilledResult<number>).value)
    for (const position of stored) this.#watch.note(log.epoch, position)
    return { epoch: log.epoch, positions: stored }
  }

  /** A key that the server remembers is answered with the position of the first, also when that was trimmed. */
  async #store({ js }: Connection, { prefix }: SeenLog, entry: NewEntry): Promise<number> {
    const { subject, data, headers } = toMessage(prefix, entry)
    const { idempotencyKey } = entry
    return positionOf(
      await js.publish(
        subject,
        data,
        idempotencyKey === undefined ? { headers } : { headers, msgID: toToken(idempotencyKey) },
      ),
    )
  }
}

/** A replicated stream answers 0 while the first of two publishes with one id is under way. */
function positionOf({ seq }: PubAck): number {
  if (seq > 0) return seq
  throw unavailable('NATS is storing an event with the same idempotencyKey: try again')
}

function checkSize(data: string, most: number): void {
  if (data.length * 3 <= most || Buffer.byteLength(data) <= most) return
  throw failed(
    `NATS takes no payload of more than ${most} bytes (max_payload less 8,192): publish smaller ones, or raise it`,
  )
}
