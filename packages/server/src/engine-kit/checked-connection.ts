import type { SseError } from '@sse/contract'
import { EngineConnection, type RawConnection } from './engine-connection.ts'

export interface CheckedConnectionSettings<Connection extends RawConnection> {
  /** Opens a connection. Rejects with an `SseError`. */
  readonly connect: () => Promise<Connection>
  /** Checks the server behind a new connection before its first use: version, role, rights. */
  readonly checkServer: (connection: Connection) => Promise<void>
  /** Maps what a check or a call rejected with. */
  readonly toSseError: (error: unknown, connection: Connection) => SseError
  /** Returns whether a failed call needs another connection, perhaps to another server. Default: never. */
  readonly needsReconnect?: (error: unknown) => boolean
  /** Name of the server in messages: `Redis at 10.0.0.7:6379`. */
  readonly server: string
  /** Maximum time a call waits for a connection, in milliseconds. */
  readonly timeoutMs: number
}

/** Creates a reconnecting connection whose every server is checked before use. Opens nothing until first use. */
export function checkedConnection<Connection extends RawConnection>(
  settings: CheckedConnectionSettings<Connection>,
): EngineConnection<Connection> {
  const { connect, checkServer, toSseError, needsReconnect = () => false, server, timeoutMs } = settings
  return new EngineConnection({
    open,
    toSseError,
    needsReconnect,
    server,
    timeoutMs,
  })

  async function open(): Promise<Connection> {
    const connection = await connect()
    try {
      await checkServer(connection)
      return connection
    } catch (error) {
      connection.destroy()
      throw toSseError(error, connection)
    }
  }
}
