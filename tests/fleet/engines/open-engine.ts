import { fileURLToPath } from 'node:url'
import { nats } from '@sse/nats'
import { postgres } from '@sse/postgres'
import { redis } from '@sse/redis'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'

/** Which engine opens a URL that begins so. Quick to give up, so that a run sees it heal. */
const openers: Record<string, (url: string) => Engine> = {
  'file:': (url) => sqlite(fileURLToPath(url)),
  'nats:': (url) => nats({ servers: url, name: 'fleet', timeoutMs: 1_000, onWarning: () => {} }),
  'postgres:': (url) => postgres({ url, name: 'fleet', timeoutMs: 1_000, onWarning: () => {} }),
  'redis:': (url) => redis({ url, name: 'fleet', timeoutMs: 1_000, onWarning: () => {} }),
}

export function openEngine(url: string): Engine {
  const open = openers[new URL(url).protocol]
  if (!open) throw new Error(`no engine for ${url}`)
  return open(url)
}
