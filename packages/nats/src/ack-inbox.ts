import { type ApiError, JetStreamApiError } from '@nats-io/jetstream'
import { createInbox, errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'

export interface OutgoingMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs
}

interface Batch {
  readonly messages: readonly OutgoingMessage[]
  readonly positions: number[]
  waiting: number
  readonly timer: NodeJS.Timeout
  failure: unknown
  readonly settle: () => void
}

const decoder = new TextDecoder()

/**
 * Publishes many messages to streams at once: one subscription for all acknowledgements, one timer for each batch. The
 * client library's own `publish` has a promise, a timer and a race for each message, twice the work.
 */
export class AckInbox {
  readonly #nats: NatsConnection
  readonly #timeoutMs: number
  readonly #inbox: string
  readonly #batches = new Map<string, Batch>()
  #batchesNamed = 0

  constructor(nats: NatsConnection, timeoutMs: number, inboxPrefix: string | undefined) {
    this.#nats = nats
    this.#timeoutMs = timeoutMs
    this.#inbox = createInbox(inboxPrefix)
    nats.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, message) => (error ? this.#failAll(error) : this.#take(message)),
    })
    this.#watchRights()
    nats.closed().then(() => this.#failAll(new errors.ClosedConnectionError()))
  }

  /**
   * Resolves with the position of each message when all are stored. Rejects with the first failure when all are settled,
   * or when no acknowledgement has come for the timeout: the others may have been stored.
   */
  store(messages: readonly OutgoingMessage[]): Promise<number[]> {
    return new Promise((resolve, reject) => {
      this.#batchesNamed += 1
      const name = this.#batchesNamed.toString(36)
      const timer = setTimeout(() => {
        // After a stall of this process, acknowledgements that have arrived are read before `setImmediate`.
        const { waiting } = batch
        setImmediate(() => {
          if (waiting > batch.waiting || !this.#batches.has(name)) return
          batch.failure ??= new errors.TimeoutError()
          batch.settle()
        })
      }, this.#timeoutMs)
      const batch: Batch = {
        messages,
        positions: new Array(messages.length),
        waiting: messages.length,
        timer,
        failure: undefined,
        settle: () => {
          clearTimeout(timer)
          this.#batches.delete(name)
          if (batch.failure) reject(batch.failure)
          else resolve(batch.positions)
        },
      }
      if (messages.length === 0) return batch.settle()
      this.#batches.set(name, batch)
      try {
        for (const [index, { subject, data, headers }] of messages.entries()) {
          this.#nats.publish(subject, data, { headers, reply: `${this.#inbox}.${name}.${index}` })
        }
      } catch (error) {
        batch.failure = error
        batch.settle()
      }
    })
  }

  #take(message: Msg): void {
    const [name = '', index] = message.subject.slice(this.#inbox.length + 1).split('.')
    const batch = this.#batches.get(name)
    if (!batch) return // timed out
    const answer = read(message)
    if (typeof answer === 'number') batch.positions[Number(index)] = answer
    else batch.failure ??= answer
    batch.waiting -= 1
    if (batch.waiting === 0) batch.settle()
    else batch.timer.refresh()
  }

  #failAll(failure: unknown, concerns: (subject: string) => boolean = () => true): void {
    for (const batch of [...this.#batches.values()]) {
      if (!batch.messages.some(({ subject }) => concerns(subject))) continue
      batch.failure ??= failure
      batch.settle()
    }
  }

  /** A server reports a forbidden subject on the connection, not to the inbox. */
  async #watchRights(): Promise<void> {
    for await (const status of this.#nats.status()) {
      const { error } = status as { error?: unknown }
      if (!(error instanceof errors.PermissionViolationError)) continue
      const forbidden = error.subject
      this.#failAll(error, (subject) => error.operation !== 'publish' || subject === forbidden)
    }
  }
}

/** Returns the position, or why there is none. */
function read({ data, headers, subject }: Msg): number | Error {
  if (data.length === 0 && headers?.code === 503) return new errors.NoRespondersError(subject)
  const { seq, error } = JSON.parse(decoder.decode(data)) as { seq?: number; error?: ApiError }
  if (error) return new JetStreamApiError(error)
  return seq ?? 0
}
