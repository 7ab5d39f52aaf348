import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { EngineServer } from './engine-server.ts'

/** A file that all processes open. */
export async function startSqlite(): Promise<EngineServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sse-fleet-'))
  return {
    url: pathToFileURL(join(folder, 'log.db')).href,
    isDurable: true,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
