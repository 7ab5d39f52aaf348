import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection as Client, type ConnectionOptions, connect } from '@nats-io/transport-node'
import { unavailable, within } from '@sse/server/engine-kit'
import { AckInbox } from './ack-inbox.ts'
import { toSseError } from './errors.ts'
import type { Authenticator, NatsSettings } from './options.ts'
import { isBelow, OVERHEAD_BYTES } from './server-limits.ts'

/** Interval of pings: without them, a lost connection is noticed at its next use. After two without an answer, it is closed. */
const PING_MS = 60_000
/** Time a server has to answer a ping after it has not answered a request, in milliseconds. */
const CHECK_MS = 2_000

/** One connection to one server. It never reconnects. */
export class NatsConnection {
  readonly nats: Client
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /** Publishes batches. */
  readonly acks: AckInbox
  /** `host:port`, for messages. */
  readonly where: string
  readonly timeoutMs: number
  readonly version: string
  /** Maximum size of an entry's payload, in bytes. */
  readonly maxDataBytes: number
  /** Whether the server returns many messages for one request. */
  readonly hasBatches: boolean
  #isLost = false
  #isChecking = false

  /** Connects and signs in, soon after `timeoutMs` at the latest. @throws {SseError} */
  static async open(settings: NatsSettings): Promise<NatsConnection> {
    const { hub, servers, timeoutMs } = settings
    try {
      return await openConnection(settings)
    } catch (error) {
      throw toSseError(error, { where: servers.join(', '), hub, timeoutMs })
    }
  }

  constructor(nats: Client, jsm: JetStreamManager, settings: NatsSettings) {
    const { timeoutMs, inboxPrefix } = settings
    this.nats = nats
    this.acks = new AckInbox(nats, timeoutMs, inboxPrefix)
    this.js = jetstream(nats, { timeout: timeoutMs })
    this.jsm = jsm
    this.timeoutMs = timeoutMs
    this.where = nats.getServer()
    const { max_payload: maxPayload = 0, version = '' } = nats.info ?? {}
    this.version = version
    this.hasBatches = !isBelow(version, '2.11.0')
    this.maxDataBytes = maxPayload - OVERHEAD_BYTES
  }

  get isLost(): boolean {
    return this.#isLost || this.nats.isClosed()
  }

  /** Calls back once, when the connection is lost or destroyed. */
  onLost(callback: () => void): void {
    this.nats.closed().then(() => {
      this.#isLost = true
      callback()
    })
  }

  /** Closes the connection unless the server answers a ping: to be called when it has not answered something else. */
  async checkServer(): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    try {
      const late = () => unavailable(`NATS at ${this.where} has not answered a ping for ${CHECK_MS} ms`)
      await within(CHECK_MS, this.nats.flush(), late)
    } catch {
      await this.destroy()
    }
    this.#isChecking = false
  }

  /** Requests in flight reject. */
  destroy(): Promise<void> {
    return this.nats.close().catch(() => {})
  }
}

/** The client library calls an authenticator synchronously: a promise is of no use to it, and must have an owner. */
function own(answer: Authenticator, warn: (message: string) => void): Authenticator {
  return (nonce) => {
    const answered = answer(nonce)
    if (!(answered instanceof Promise)) return answered
    answered.catch(() => {})
    warn('The authenticator of nats() returned a promise: it must return credentials synchronously')
    return undefined
  }
}

async function openConnection(settings: NatsSettings): Promise<NatsConnection> {
  const { servers, timeoutMs, hub, replicas, idempotencyMs, warn, authenticator, ...credentials } = settings
  // The library's own timeout counts for each of the servers.
  const opening = connect({
    ...(credentials as ConnectionOptions),
    ...(authenticator && {
      authenticator: [authenticator].flat().map((answer) => own(answer, warn)) as never,
    }),
    servers: [...servers],
    timeout: timeoutMs,
    reconnect: false,
    pingInterval: PING_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
  })
  const nats = await within(timeoutMs, opening, () => {
    opening.then((late) => late.close()).catch(() => {})
    return unavailable(`NATS at ${servers.join(', ')} has not answered within ${timeoutMs} ms`)
  })
  try {
    const jsm = await jetstreamManager(nats, { timeout: timeoutMs, checkAPI: false })
    return new NatsConnection(nats, jsm, settings)
  } catch (error) {
    await nats.close()
    throw error
  }
}
