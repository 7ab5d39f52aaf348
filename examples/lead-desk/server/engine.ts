import type { Engine } from '@sse/server/engine-kit'

/** Which engine opens a URL that begins so. Only the one that is used is loaded. */
const engines: Record<string, (url: string) => Promise<Engine>> = {
  'nats:': async (servers) => (await import('@sse/nats')).nats({ servers, name: 'lead-desk' }),
  'postgres:': async (url) => (await import('@sse/postgres')).postgres({ url, name: 'lead-desk' }),
  'redis:': async (url) => (await import('@sse/redis')).redis({ url, name: 'lead-desk' }),
  'rediss:': async (url) => (await import('@sse/redis')).redis({ url, name: 'lead-desk' }),
}

/** Opens an engine on a separate server, by the URL of that server. */
export function openEngine(url: string): Promise<Engine> {
  const open = engines[URL.parse(url)?.protocol ?? '']
  if (open) return open(url)
  // Never the URL itself: it may hold a password.
  const known = Object.keys(engines).map((protocol) => `${protocol}//…`)
  throw new Error(`LEAD_DESK_ENGINE has to be sqlite, or a URL: ${known.join(', ')}`)
}
