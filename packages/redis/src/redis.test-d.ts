import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { Engine, PresenceStore } from '@sse/server/engine-kit'
import { expectTypeOf, it } from 'vitest'
import { type RedisEngine, redis } from './index.ts'

it('redis() returns an engine for createHub', () => {
  expectTypeOf(redis()).toExtend<Engine>()
  expectTypeOf(redis('rediss://localhost')).toEqualTypeOf<RedisEngine>()
  expectTypeOf(
    redis({ cluster: { nodes: [{ host: 'a', port: 1 }] }, tls: { ca: '' } }).presence,
  ).toEqualTypeOf<PresenceStore>()
  // @ts-expect-error: the unit belongs to the name
  redis({ timeout: 20 })
})

it('a hub on it publishes in no transaction', () => {
  const leads = defineStream({ path: '/leads', events: { lead: type<number>() } })
  const hub = createHub(leads, { engine: redis() })
  // @ts-expect-error: the store has no transactions of the app
  hub.publishIn({}, 'everyone', 'lead', 1)
})
