import { setTimeout as pause } from 'node:timers/promises'
import { EngineConnection } from '@sse/server/engine-kit'
import { Connection, type ConnectionSettings, type Row } from './connection.ts'
import { asksForReconnect, explain, isCollision } from './failure.ts'

/** What met another call is tried again within `timeoutMs`, after 1 ms, 2 ms, … up to this, with full jitter. */
const MAX_COLLISION_PAUSE_MS = 64

export interface DatabaseLinkSettings extends ConnectionSettings {
  readonly schema: string
  /** Looks at a new connection before anybody uses it. */
  readonly greet: (connection: Connection) => Promise<void>
}

/** A connection to the database; what met somebody else's work there is done again. */
export class DatabaseLink extends EngineConnection<Connection> {
  readonly #timeoutMs: number

  constructor(settings: DatabaseLinkSettings) {
    const { schema, timeoutMs } = settings
    super({
      open: () => open(settings),
      explain: (error, { where }) => explain(error, { where, schema }),
      asksForReconnect,
      server: 'Postgres',
      timeoutMs,
    })
    this.#timeoutMs = timeoutMs
  }

  /** @throws {SseError} */
  override async run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + this.#timeoutMs
    for (let collisions = 0; ; collisions += 1) {
      try {
        return await super.run(work)
      } catch (error) {
        if (!isCollision((error as Error).cause) || performance.now() > deadline) throw error
        await pause(Math.random() * Math.min(MAX_COLLISION_PAUSE_MS, 2 ** collisions))
      }
    }
  }

  /** Runs one statement. @throws {SseError} */
  query(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.run((connection) => connection.query(text, values))
  }
}

async function open(settings: DatabaseLinkSettings): Promise<Connection> {
  const { greet, schema } = settings
  let connection: Connection | undefined
  try {
    connection = await Connection.create(settings)
    await connection.open()
    await greet(connection)
    return connection
  } catch (error) {
    connection?.destroy()
    throw explain(error, { where: connection?.where ?? 'the address given', schema })
  }
}
