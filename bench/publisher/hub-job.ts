import { defineStream, type } from '@sse/contract'
import { createHub, type Hub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import type { EngineName } from './engines.ts'

const leads = defineStream({ path: '/leads', events: { lead: type<string>() } })

/** For a busy machine. */
const timeoutMs = 25_000

/** Loads the engine and nothing of the others. */
const importers: Record<EngineName, () => Promise<(url: string) => Engine>> = {
  memory: async () => {
    const { memory } = await import('@sse/server')
    return () => memory()
  },
  sqlite: async () => (await import('@sse/sqlite')).sqlite,
  redis: async () => {
    const { redis } = await import('@sse/redis')
    return (url) => redis({ url, timeoutMs })
  },
  nats: async () => {
    const { nats } = await import('@sse/nats')
    return (servers) => nats({ servers, timeoutMs })
  },
  postgres: async () => {
    const { postgres } = await import('@sse/postgres')
    return (url) => postgres({ url, timeoutMs })
  },
}

export async function importHub(engine: EngineName): Promise<(url: string) => Hub<typeof leads>> {
  const open = await importers[engine]()
  return (url) => createHub(leads, { engine: open(url) })
}
