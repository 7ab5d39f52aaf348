import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import type { EngineServer } from './engine-server.ts'
import { ofServer } from './of-server.ts'
import { startSqlite } from './sqlite.ts'

interface Kind {
  /** `isDurable`: to keep what it has acknowledged over `kill -9`. One that cannot do otherwise always does. */
  start(isDurable: boolean): Promise<EngineServer>
  /** Whether it is a process of its own, which can be harmed. */
  isServer: boolean
  /** Whether this machine has what it needs. */
  isThere: boolean
}

const kinds = {
  sqlite: { start: startSqlite, isServer: false, isThere: true },
  redis: {
    // Everything on the disk before it answers; or nothing, so that a restart forgets it all.
    start: async (isDurable) => {
      const disk = isDurable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
      return ofServer(await RedisServer.start(...disk), isDurable)
    },
    isServer: true,
    isThere: hasRedis,
  },
  nats: { start: async () => ofServer(await NatsServer.start()), isServer: true, isThere: hasNats },
  postgres: {
    start: async () => ofServer(await PostgresServer.start()),
    isServer: true,
    isThere: hasPostgres,
  },
} satisfies Record<string, Kind>

export type EngineName = keyof typeof kinds
const engineNames = Object.keys(kinds) as EngineName[]

/** Those that can be started on this machine. In CI that is all of them. */
export const engines: readonly EngineName[] = engineNames.filter((name) => kinds[name].isThere)
export const isServer = (name: EngineName): boolean => kinds[name].isServer

export function startEngine(name: EngineName, isDurable = true): Promise<EngineServer> {
  return kinds[name].start(isDurable)
}
