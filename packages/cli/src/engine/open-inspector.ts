import type { LogInspector } from '@sse/server/engine-kit'
import type { EngineAddress } from './address.ts'
import { toCommandError } from './engine-failure.ts'

/** Which hub of a server. */
export interface HubName {
  readonly name?: string
  /** Schema of Postgres. */
  readonly schema?: string
}

/** Opens a log for reading alone. */
export async function openInspector(
  address: EngineAddress,
  { name, schema }: HubName,
): Promise<LogInspector> {
  const { kind, target } = address
  const hub = name === undefined ? {} : { name }
  try {
    if (kind === 'sqlite') return (await import('@sse/sqlite/inspect')).inspectSqlite(target)
    if (kind === 'redis') return (await import('@sse/redis/inspect')).inspectRedis({ url: target, ...hub })
    if (kind === 'nats') return (await import('@sse/nats/inspect')).inspectNats({ servers: target, ...hub })
    const { inspectPostgres } = await import('@sse/postgres/inspect')
    return inspectPostgres({ url: target, ...hub, ...(schema !== undefined && { schema }) })
  } catch (error) {
    throw toCommandError(error, address)
  }
}
