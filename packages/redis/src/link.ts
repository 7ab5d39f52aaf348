import { EngineConnection } from '@sse/server/engine-kit'
import { Connection, type ConnectionSettings } from './connection.ts'
import { asksForReconnect, explain } from './failure.ts'
import type { FindPrimary } from './primary.ts'

export interface PrimaryLinkSettings extends ConnectionSettings {
  readonly findPrimary: FindPrimary
  /** The hub's, for messages. */
  readonly name: string
  /** Looks at a new connection before anybody uses it. */
  readonly greet: (connection: Connection) => Promise<void>
}

/** A connection to whoever is primary. */
export type PrimaryLink = EngineConnection<Connection>

export function linkToPrimary({ findPrimary, greet, name, ...settings }: PrimaryLinkSettings): PrimaryLink {
  return new EngineConnection({
    open,
    explain: (error, { where }) => explain(error, where, name),
    asksForReconnect,
    server: 'Redis',
    timeoutMs: settings.timeoutMs,
  })

  async function open(): Promise<Connection> {
    const address = await findPrimary()
    let connection: Connection | undefined
    try {
      connection = await Connection.open(address, settings)
      await greet(connection)
      return connection
    } catch (error) {
      connection?.destroy()
      throw explain(error, `${address.host}:${address.port}`, name)
    }
  }
}
