import { fileURLToPath } from 'node:url'
import { nats } from '@sse/nats'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import type { EngineName } from '../fleet/engines/start-engine.ts'

const settings = { timeoutMs: 20_000, onWarning: () => {} }

const openers: Record<EngineName, (url: string) => Engine> = {
  sqlite: (url) => sqlite(fileURLToPath(url)),
  redis: (url) => redis({ url, ...settings }),
  nats: (servers) => nats({ servers, ...settings }),
  postgres: (url) => postgres({ url, ...settings }),
}

/** Opens an engine with the patience that a busy machine needs. */
export function openEngine(name: EngineName, url: string): Engine {
  return openers[name](url)
}
