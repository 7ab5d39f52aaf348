import { setTimeout as pause } from 'node:timers/promises'
import { checkedConnection, type EngineConnection } from '@sse/server/engine-kit'
import { PostgresConnection, type Row } from './connection.ts'
import { isCollision, needsReconnect, toSseError } from './errors.ts'
import type { ConnectionSettings } from './options.ts'

/** A call that collided is retried within `timeoutMs`, after 1 ms, 2 ms, … up to this, with full jitter. */
const MAX_PAUSE_MS = 64

/** Creates a reconnecting connection to the database. It opens at first use. */
export function createConnection(
  settings: ConnectionSettings,
  checkServer: (connection: PostgresConnection) => Promise<void>,
): EngineConnection<PostgresConnection> {
  const { schema, timeoutMs } = settings
  return checkedConnection({
    connect: () => PostgresConnection.open(settings),
    checkServer,
    toSseError: (error, { where }) => toSseError(error, { where, schema }),
    needsReconnect,
    server: 'Postgres',
    timeoutMs,
  })
}

/**
 * Does `work` again while it collides with another call in the database.
 *
 * @throws {SseError} of the last try after `timeoutMs`; every other error at once.
 */
export async function retryCollisions<Result>(
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + timeoutMs
  for (let collisions = 0; ; collisions += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isCollision((error as Error).cause) || performance.now() > deadline) throw error
      await pause(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** collisions))
    }
  }
}

/** A reconnecting connection to the database. Retries what collides with another call there. */
export class Lane {
  readonly #connection: EngineConnection<PostgresConnection>
  readonly #timeoutMs: number
  #inFlight = 0

  constructor(connection: EngineConnection<PostgresConnection>, timeoutMs: number) {
    this.#connection = connection
    this.#timeoutMs = timeoutMs
  }

  /** Whether there is a connection at the moment. */
  get isLive(): boolean {
    return this.#connection.isLive
  }

  /** Whether there is a connection, and no call on it. */
  get isIdle(): boolean {
    return this.isLive && this.#inFlight === 0
  }

  /** @throws {SseError} */
  connection(): Promise<PostgresConnection> {
    return this.#connection.connection()
  }

  /** @throws {SseError} */
  async run<Result>(work: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    this.#inFlight += 1
    try {
      return await retryCollisions(this.#timeoutMs, () => this.#connection.run(work))
    } finally {
      this.#inFlight -= 1
    }
  }

  /** Runs one statement. @throws {SseError} */
  query(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.run((connection) => connection.query(text, values))
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
