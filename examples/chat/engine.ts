import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'

/**
 * Opens the engine that the answers are stored in: SQLite, or with `ENGINE_URL` a Redis or Postgres server, so that
 * several processes on several machines can share it.
 */
export async function openEngine(folder: string): Promise<Engine> {
  const url = process.env.ENGINE_URL
  if (!url) return sqlite(`${folder}/answers.db`)
  const protocol = URL.parse(url)?.protocol
  if (protocol === 'redis:' || protocol === 'rediss:')
    return (await import('@sse/redis')).redis({ url, name: 'chat' })
  if (protocol === 'postgres:') return (await import('@sse/postgres')).postgres({ url, name: 'chat' })
  // Never the URL itself: it may hold a password.
  throw new Error('ENGINE_URL must begin with redis://, rediss:// or postgres://')
}
