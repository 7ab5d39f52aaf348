import { fileURLToPath } from 'node:url'
import type { Engine } from '@sse/server/engine-kit'

// Imported when they are used: a process of the tests starts sooner with one engine than with four.
const openers: Record<string, (url: string) => Promise<Engine>> = {
  'file:': async (url) => (await import('@sse/sqlite')).sqlite(fileURLToPath(url)),
  'nats:': async (url) =>
    (await import('@sse/nats')).nats({ servers: url, name: 'runs', timeoutMs: 15_000, onWarning: () => {} }),
  'postgres:': async (url) =>
    (await import('@sse/postgres')).postgres({ url, name: 'runs', timeoutMs: 15_000, onWarning: () => {} }),
  'redis:': async (url) =>
    (await import('@sse/redis')).redis({ url, name: 'runs', timeoutMs: 15_000, onWarning: () => {} }),
}

/** Opens the log at a URL, as one more process would. */
export async function openLog(url: string): Promise<Engine> {
  const open = openers[new URL(url).protocol]
  if (!open) throw new Error(`no engine for ${url}`)
  return open(url)
}
