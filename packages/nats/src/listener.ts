import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { createInbox, type Msg, nanos } from '@nats-io/transport-node'
import { type EngineConnection, WakeLoop } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import type { SeenLog } from './log-watch.ts'
import type { Tail } from './tail.ts'

const HEARTBEAT_MS = 1_000
/** Silence after which the consumer is made anew. */
const SILENCE_MS = 3 * HEARTBEAT_MS

export interface ListenerSettings {
  readonly link: EngineConnection<Connection>
  readonly stream: string
  readonly inboxPrefix: string | undefined
  readonly tail: Tail
  readonly look: (connection: Connection) => Promise<SeenLog>
  /** Resolves when what this process is storing itself has been acknowledged. */
  readonly settled: () => Promise<unknown>
  /** The newest position that this process has stored itself. */
  readonly appended: () => number
  readonly onFailure: (error: unknown) => void
}

/**
 * Follows the log with one ordered consumer, from after what there is: a missing message, a silence or another log,
 * and it is made anew.
 */
export class Listener {
  readonly #settings: ListenerSettings
  readonly #waker = new WakeLoop(() => this.#run())
  #end: (() => void) | undefined
  #newest = 0
  #isChecking = false

  constructor(settings: ListenerSettings) {
    this.#settings = settings
  }

  add(call: () => void): () => void {
    return this.#waker.add(call)
  }

  /** There is another log, or another epoch of it. */
  restart(): void {
    this.#end?.()
  }

  close(): void {
    this.#waker.close()
    this.restart()
  }

  async #run(): Promise<void> {
    const { link, onFailure } = this.#settings
    try {
      await link.run((connection) => this.#listen(connection))
    } catch (error) {
      if (!this.#waker.isClosed) onFailure(error)
      throw error
    }
  }

  /** Resolves when it is time to begin anew. */
  async #listen(connection: Connection): Promise<void> {
    const { stream, inboxPrefix, tail, look } = this.#settings
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve
      connection.onLost(resolve)
    })
    const { epoch, head } = await look(connection)
    const inbox = createInbox(inboxPrefix)
    let delivered = 0
    let silence = setTimeout(() => this.#end?.(), SILENCE_MS)
    tail.reset(epoch)
    this.#newest = 0
    const subscription = connection.nats.subscribe(inbox, {
      callback: (error, message) => {
        clearTimeout(silence)
        silence = setTimeout(() => this.#end?.(), SILENCE_MS)
        if (error) return this.#end?.()
        const place = placeOf(message)
        if (!place) return answerServer(connection, message)
        if (place.delivered !== delivered + 1) return this.#end?.()
        delivered += 1
        this.#take(message, place)
      },
    })
    try {
      await connection.jsm.consumers.add(stream, {
        deliver_subject: inbox,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: head + 1,
        ack_policy: AckPolicy.None,
        max_deliver: 1,
        mem_storage: true,
        num_replicas: 1,
        flow_control: true,
        idle_heartbeat: nanos(HEARTBEAT_MS),
      })
      this.#waker.wake() // for what came while nobody listened
      await ended
    } finally {
      clearTimeout(silence)
      if (!connection.isLost) subscription.unsubscribe() // and with it the consumer
    }
  }

  #take(message: Msg, { position, at }: Place): void {
    this.#settings.tail.push({ message, position, at })
    this.#newest = position
    if (this.#isChecking) return
    this.#isChecking = true
    this.#settings.settled().then(() => {
      this.#isChecking = false
      // What this process has stored itself is no news.
      if (this.#newest > this.#settings.appended()) this.#waker.wake()
    })
  }
}

/** Where a message stands in the log and in what the consumer has sent. */
interface Place {
  readonly position: number
  readonly delivered: number
  readonly at: number
}

/** A heartbeat of a consumer that waits for us, or a question whether we keep up. */
function answerServer({ nats }: Connection, { reply, headers }: Msg): void {
  const subject = reply || headers?.get('Nats-Consumer-Stalled')
  if (subject) nats.publish(subject)
}

/** From `$JS.ACK.…`, with or without the domain and the account before the stream; no other message has one. */
function placeOf({ reply = '' }: Msg): Place | undefined {
  if (!reply.startsWith('$JS.ACK.')) return undefined
  const tokens = reply.split('.')
  const [position, delivered, time] = tokens.slice(tokens.length === 9 ? 5 : 7)
  return {
    position: Number(position),
    delivered: Number(delivered),
    at: Math.floor(Number(time) / 1_000_000),
  }
}
