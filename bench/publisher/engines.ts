import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatsServer } from '@sse/test-support/nats-server'
import { PostgresServer } from '@sse/test-support/postgres-server'
import { RedisServer } from '@sse/test-support/redis-server'

export const ENGINES = ['memory', 'sqlite', 'redis', 'nats', 'postgres'] as const
export type EngineName = (typeof ENGINES)[number]

/** What a job publishes to. */
export interface Store {
  /** URL or path; `''` for memory. */
  readonly url: string
  /** Port of a server. */
  readonly port?: number
  stop(): Promise<void>
}

export async function startStore(name: EngineName): Promise<Store> {
  if (name === 'redis') return RedisServer.start()
  if (name === 'nats') return NatsServer.start()
  if (name === 'postgres') return PostgresServer.start()
  if (name === 'memory') return { url: '', stop: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'sse-publisher-'))
  return { url: join(folder, 'log.db'), stop: async () => rmSync(folder, { recursive: true }) }
}
