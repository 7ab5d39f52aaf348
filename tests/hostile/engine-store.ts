import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import type { EngineName, EngineStore } from './server-parameters.ts'

/** Whether what an engine needs is installed. */
export const hasEngine: Readonly<Record<EngineName, boolean>> = {
  memory: true,
  sqlite: true,
  redis: hasRedis,
  postgres: hasPostgres,
}

/** A place for the log of an engine that nothing else uses, removed when it is disposed of. */
export async function openStore(engine: EngineName): Promise<EngineStore & AsyncDisposable> {
  if (engine === 'redis' || engine === 'postgres') {
    const server = await (engine === 'redis' ? RedisServer.start() : PostgresServer.start())
    return { engine, url: server.url, [Symbol.asyncDispose]: () => server.stop() }
  }
  const folder = mkdtempSync(join(tmpdir(), 'sse-hostile-'))
  return {
    engine,
    file: join(folder, 'log.db'),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
