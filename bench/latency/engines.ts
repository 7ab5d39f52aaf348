import { nats } from '@sse/nats'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'

/** The hub's log, by the engine's name and where it is: a URL, or a file. */
export const ENGINES = {
  sqlite: (file: string): Engine => sqlite(file),
  redis: (url: string): Engine => redis({ url, name: 'latency' }),
  nats: (servers: string): Engine => nats({ servers, name: 'latency' }),
  postgres: (url: string): Engine => postgres({ url, name: 'latency' }),
}

export type EngineName = keyof typeof ENGINES
