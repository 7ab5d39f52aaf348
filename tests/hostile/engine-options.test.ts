import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { hasPostgres, PostgresServer } from '@sse/test-support/postgres-server'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, startChild } from './child-process.ts'
import { IS_LARGE } from './scale.ts'
import { engineOptions, type ServerName } from './throwing/engine-options.ts'
import { WAYS } from './throwing/misbehave.ts'

interface Server {
  readonly url: string
  stop(): Promise<void>
}

/** Servers that the engines warn about, where that takes one setting. */
const SERVERS: Readonly<Record<ServerName, { isInstalled: boolean; start: () => Promise<Server> }>> = {
  redis: {
    isInstalled: hasRedis,
    start: () => RedisServer.start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'),
  },
  postgres: { isInstalled: hasPostgres, start: () => PostgresServer.start('fsync=off') },
  nats: { isInstalled: hasNats, start: () => NatsServer.start() },
}

let child: Child
beforeAll(async () => {
  child = await startChild('throwing-app-process.ts')
})
afterAll(() => child.stop())

describe.for(Object.keys(SERVERS) as ServerName[])('the options of %s', (name) => {
  const { isInstalled, start } = SERVERS[name]
  const options = engineOptions.filter(({ server }) => server === name)
  let server: Server | undefined
  beforeAll(async () => {
    if (isInstalled && IS_LARGE) server = await start()
  })
  afterAll(() => server?.stop())

  it.runIf(isInstalled && IS_LARGE).for(options.map((option) => [option.name, option] as const))(
    '%s throws, rejects, hangs or returns nonsense: every call settles, and nothing is unhandled',
    async ([, option]) => {
      const before = child.failures.length
      const url = server?.url ?? ''
      const found = await Promise.all(
        Object.keys(WAYS).map(async (way) => {
          const violations = await child.call<string[]>('engine', option.name, way, url)
          return violations.map((violation) => `${way}: ${violation}`)
        }),
      )
      expect([...found.flat(), ...child.failures.slice(before)]).toEqual([])
    },
  )
})
