import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import { createInbox, type Msg, nanos } from '@nats-io/transport-node'
import { type EngineConnection, WakeLoop } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import type { SeenLog } from './epoch.ts'
import type { Tail } from './tail.ts'

/** Interval of the server's messages while it has no entry, in milliseconds. */
const HEARTBEAT_MS = 3_000
/** Silence after which the consumer is created again. */
const SILENCE_MS = 2.5 * HEARTBEAT_MS

export interface WakeListenerSettings {
  readonly connection: EngineConnection<NatsConnection>
  readonly stream: string
  readonly inboxPrefix: string | undefined
  readonly tail: Tail
  /** Reads the state of the log, and checks that it has lost nothing. */
  readonly readState: (connection: NatsConnection) => Promise<SeenLog>
  /** Resolves when the append in flight is acknowledged. */
  readonly appendSettled: () => Promise<unknown>
  /** Returns the highest position that this process has appended. */
  readonly appended: () => number
  /** Called with each entry, in order. */
  readonly onEntry: (epoch: string, position: number, message: Msg) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Follows the log with one ordered consumer that starts after the head. A missing message, a silence or another log:
 * it is created again.
 */
export class WakeListener {
  readonly #settings: WakeListenerSettings
  readonly #loop = new WakeLoop(
    () => this.#run(),
    () => this.#stop(),
  )
  #restart: (() => void) | undefined
  #isStopped = false
  #isListening = false
  #newest = 0
  #isChecking = false

  constructor(settings: WakeListenerSettings) {
    this.#settings = settings
  }

  /** Whether the consumer delivers, as far as is known. */
  get isListening(): boolean {
    return this.#isListening
  }

  add(call: () => void): () => void {
    return this.#loop.add(call)
  }

  /** Starts over, because the log was replaced. */
  restart(): void {
    this.#restart?.()
  }

  close(): void {
    this.#loop.close()
  }

  /** Ends the subscription, and with it the consumer. */
  #stop(): void {
    this.#isStopped = true
    this.#restart?.()
  }

  async #run(): Promise<void> {
    const { connection, onFailure } = this.#settings
    this.#isStopped = false
    try {
      await connection.run((raw) => this.#listen(raw))
    } catch (error) {
      if (!this.#loop.isClosed) onFailure(error)
      throw error
    }
  }

  /** Resolves when it is time to start over. */
  async #listen(connection: NatsConnection): Promise<void> {
    const { stream, inboxPrefix, tail, readState } = this.#settings
    const ended = new Promise<void>((resolve) => {
      this.#restart = resolve
      connection.onLost(resolve)
    })
    const { epoch, head } = await readState(connection)
    if (this.#isStopped) return
    const inbox = createInbox(inboxPrefix)
    let delivered = 0
    const onSilence = () => {
      connection.checkServer()
      this.#restart?.()
    }
    let silence = setTimeout(onSilence, SILENCE_MS)
    tail.reset(epoch)
    this.#newest = 0
    const subscription = connection.nats.subscribe(inbox, {
      callback: (error, message) => {
        clearTimeout(silence)
        silence = setTimeout(onSilence, SILENCE_MS)
        if (error) return this.#restart?.()
        const delivery = deliveryOf(message)
        if (!delivery) return answerServer(connection, message)
        if (delivery.delivered !== delivered + 1) return this.#restart?.()
        delivered += 1
        this.#take(epoch, message, delivery)
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
      this.#isListening = true
      this.#loop.wake() // for what was stored while nothing listened
      await ended
    } finally {
      this.#isListening = false
      clearTimeout(silence)
      if (!connection.isLost) subscription.unsubscribe() // and with it the consumer
    }
  }

  #take(epoch: string, message: Msg, { position, at }: Delivery): void {
    this.#settings.onEntry(epoch, position, message)
    this.#settings.tail.push({ message, position, at })
    this.#newest = position
    if (this.#isChecking) return
    this.#isChecking = true
    this.#settings.appendSettled().then(() => {
      this.#isChecking = false
      // Entries of this process are no news to it.
      if (this.#newest > this.#settings.appended()) this.#loop.wake()
    })
  }
}

/** Position of a message in the log, and its number among the messages of the consumer. */
interface Delivery {
  readonly position: number
  readonly delivered: number
  readonly at: number
}

/** Answers flow control: a heartbeat of a consumer that waits for this process, or a request whether it keeps up. */
function answerServer({ nats }: NatsConnection, { reply, headers }: Msg): void {
  const subject = reply || headers?.get('Nats-Consumer-Stalled')
  if (subject) nats.publish(subject)
}

/** Reads `$JS.ACK.…`, with or without domain and account before the stream; `undefined` for any other message. */
function deliveryOf({ reply = '' }: Msg): Delivery | undefined {
  if (!reply.startsWith('$JS.ACK.')) return undefined
  const tokens = reply.split('.')
  const [position, delivered, time] = tokens.slice(tokens.length === 9 ? 5 : 7)
  return {
    position: Number(position),
    delivered: Number(delivered),
    at: Math.floor(Number(time) / 1_000_000),
  }
}
