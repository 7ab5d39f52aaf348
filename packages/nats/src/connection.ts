import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import { failed, unavailable } from '@sse/server/engine-kit'
import { AckInbox } from './ack-inbox.ts'
import type { Credentials } from './nats-options.ts'

export interface ConnectionSettings extends Credentials {
  readonly servers: readonly string[]
  readonly timeoutMs: number
}

/** Two of these without an answer, and a server is given up. */
const PING_MS = 4_000
/** Beside its payload an entry has a subject and headers. */
const OVERHEAD_BYTES = 8_192

/** One connection to one server. It does not come back once it is lost: whoever uses it opens another. */
export class Connection {
  readonly nats: NatsConnection
  readonly js: JetStreamClient
  /** For what is published in batches. */
  readonly acks: AckInbox
  readonly jsm: JetStreamManager
  readonly where: string
  readonly timeoutMs: number
  /** What an entry's payload may have, in bytes. */
  readonly maxDataBytes: number
  /** Whether the server gives many messages for one question. */
  readonly hasBatches: boolean
  #isLost = false

  /** Rejects with what the client library or the server says, soon after `timeoutMs` at the latest. */
  static async open({ servers, timeoutMs, ...credentials }: ConnectionSettings): Promise<Connection> {
    // The library's own time is for each of the servers.
    const opening = connect({
      ...(credentials as ConnectionOptions),
      servers: [...servers],
      timeout: timeoutMs,
      reconnect: false,
      pingInterval: PING_MS,
      maxPingOut: 2,
      noAsyncTraces: true,
    })
    const nats = await within(timeoutMs, opening, () => {
      opening.then((late) => late.close()).catch(() => {})
      return unavailable(`NATS at ${servers.map(hostOf).join(', ')} has not answered within ${timeoutMs} ms`)
    })
    try {
      const options = { timeout: timeoutMs }
      const acks = new AckInbox(nats, timeoutMs, credentials.inboxPrefix)
      return new Connection(
        nats,
        acks,
        jetstream(nats, options),
        await jetstreamManager(nats, { ...options, checkAPI: false }),
        timeoutMs,
      )
    } catch (error) {
      await nats.close()
      throw error
    }
  }

  private constructor(
    nats: NatsConnection,
    acks: AckInbox,
    js: JetStreamClient,
    jsm: JetStreamManager,
    timeoutMs: number,
  ) {
    this.timeoutMs = timeoutMs
    this.nats = nats
    this.acks = acks
    this.js = js
    this.jsm = jsm
    this.where = nats.getServer()
    const { max_payload: maxPayload = 0, headers = false, version = '' } = nats.info ?? {}
    const [major = 0, minor = 0] = version.split('.').map(Number)
    if (major < 2 || (major === 2 && minor < 9)) {
      throw failed(`NATS at ${this.where} is version ${version}: 2.9 is the least`)
    }
    this.hasBatches = major > 2 || minor >= 11
    if (!headers) throw failed(`NATS at ${this.where} has headers switched off: JetStream needs them`)
    this.maxDataBytes = maxPayload - OVERHEAD_BYTES
    if (this.maxDataBytes < OVERHEAD_BYTES) {
      throw failed(
        `NATS at ${this.where} takes no more than ${maxPayload} bytes (max_payload): ${2 * OVERHEAD_BYTES} are the least`,
      )
    }
  }

  /** Calls back once, when the connection is lost or let go. */
  onLost(callback: () => void): void {
    this.nats.closed().then(() => {
      this.#isLost = true
      callback()
    })
  }

  get isLost(): boolean {
    return this.#isLost || this.nats.isClosed()
  }

  /** What the server was asked for and has not answered rejects. */
  destroy(): Promise<void> {
    return this.nats.close().catch(() => {})
  }
}

/** A server as its URL names it, without a password. */
export function hostOf(server: string): string {
  return server.replace(/^\w+:\/\//, '').replace(/^.*@/, '')
}

function within<Value>(ms: number, answer: Promise<Value>, fail: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(fail()), ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
