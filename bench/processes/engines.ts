import { join } from 'node:path'
import { redis } from '@sse/redis'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'

export type EngineName = 'redis' | 'sqlite'

/**
 * Opens the hub that a group's processes share.
 *
 * @param place - URL of Redis, or the folder of the SQLite files.
 */
export function openEngine(engine: EngineName, place: string, name: string): Engine {
  return engine === 'redis' ? redis({ url: place, name }) : sqlite(join(place, `${name}.db`))
}
