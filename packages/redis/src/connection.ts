import { RedisClient } from '@redis/client'
import { isSseError, type SseError } from '@sse/server'
import { checkedConnection, type EngineConnection, unavailable, within } from '@sse/server/engine-kit'
import { needsReconnect, toSseError } from './errors.ts'
import type { Address, ConnectionSettings, Login } from './options.ts'
import { ReplyDeadline } from './reply-deadline.ts'

/** Silence after which the system checks that the server's machine is there, in milliseconds. Linux: 10 times, each second. */
const KEEP_ALIVE_MS = 10_000

/** A reply of the server, RESP 2. */
export type Reply = string | number | null | Reply[]

/** One connection to one server. It never reconnects. */
export class RedisConnection {
  /** `host:port`, for messages. */
  readonly where: string
  readonly #client: ReturnType<typeof createBareClient>
  readonly #timeoutMs: number
  readonly #deadline: ReplyDeadline
  #expired: SseError | undefined
  #onLost: (() => void) | undefined
  #isLost = false

  /** Connects and signs in, within `timeoutMs`. @throws {SseError} */
  static async open(address: Address, settings: ConnectionSettings): Promise<RedisConnection> {
    const where = `${address.host}:${address.port}`
    let connection: RedisConnection | undefined
    try {
      connection = new RedisConnection(address, settings, await loadLogin(settings, where))
      await within(settings.timeoutMs, connection.#client.connect(), () =>
        unanswered(where, settings.timeoutMs),
      )
      return connection
    } catch (error) {
      connection?.destroy()
      // With `reconnectStrategy` off, the client wraps the reason.
      const { originalError } = error as { originalError?: unknown }
      throw toSseError(originalError ?? error, { where, name: settings.name })
    }
  }

  private constructor(address: Address, settings: ConnectionSettings, login: Partial<Login>) {
    this.where = `${address.host}:${address.port}`
    this.#timeoutMs = settings.timeoutMs
    this.#client = createBareClient(address, settings, login)
    this.#deadline = new ReplyDeadline((limitMs) => {
      // Replies can no longer be matched to commands.
      this.#expired = unanswered(this.where, limitMs)
      this.destroy()
    })
    this.#client.on('error', () => this.#lose())
    this.#client.on('end', () => this.#lose())
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Calls back once, when the connection is lost or destroyed. */
  onLost(callback: () => void): void {
    if (this.#isLost) callback()
    else this.#onLost = callback
  }

  /**
   * Sends a command. Commands of one turn of the event loop are one write. Without a reply in time, the connection is
   * destroyed; the time a command waits for the replies before its own does not count.
   *
   * @param blockMs time the server may hold the reply back, in addition to the timeout.
   */
  async send(command: string[], blockMs = 0): Promise<Reply> {
    const reply = this.#client.sendCommand<Reply>(command)
    if (!this.#isLost) this.#deadline.sent(this.#timeoutMs + blockMs)
    try {
      return await reply
    } catch (error) {
      throw this.#expired ?? error
    } finally {
      this.#deadline.replied()
    }
  }

  destroy(): void {
    this.#lose()
    try {
      this.#client.destroy()
    } catch {
      // Already closed.
    }
  }

  #lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#deadline.stop()
    this.#onLost?.()
  }
}

function unanswered(where: string, ms: number): SseError {
  return unavailable(`Redis at ${where} has not answered for ${ms} ms`)
}

/** A reconnecting connection to the current primary. */
export type PrimaryConnection = EngineConnection<RedisConnection>

/**
 * Creates a connection to the primary. Opens nothing until first use.
 *
 * @param findPrimary resolves with the address; called at every connect.
 */
export function connectToPrimary(
  settings: ConnectionSettings,
  findPrimary: () => Promise<Address>,
  checkServer: (connection: RedisConnection) => Promise<void>,
): PrimaryConnection {
  const { name, timeoutMs } = settings
  return checkedConnection({
    connect: async () => RedisConnection.open(await findPrimary(), settings),
    checkServer,
    toSseError: (error, { where }) => toSseError(error, { where, name }),
    needsReconnect,
    server: 'Redis',
    timeoutMs,
  })
}

async function loadLogin(
  { credentials, timeoutMs }: ConnectionSettings,
  where: string,
): Promise<Partial<Login>> {
  const fail = (reason: string, cause?: unknown) =>
    unavailable(`credentials() for Redis at ${where} failed: ${reason}`, cause)
  try {
    return await within(timeoutMs, Promise.resolve(credentials()), () => fail(`no result in ${timeoutMs} ms`))
  } catch (error) {
    throw isSseError(error) ? error : fail((error as Error).message, error)
  }
}

/** The client neither queues while offline nor reconnects: `EngineConnection` decides both. */
function createBareClient(
  { host, port }: Address,
  { tls, database, timeoutMs }: ConnectionSettings,
  { username, password }: Partial<Login>,
) {
  const socket = {
    host,
    port,
    connectTimeout: timeoutMs,
    reconnectStrategy: false as const,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  }
  // `createClient` adds a method for each command to the class, twice: 90 ms at the first call, and we call none of them.
  return new RedisClient({
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    socket: tls ? { ...socket, ...(tls === true ? {} : tls), tls: true } : socket,
  })
}
