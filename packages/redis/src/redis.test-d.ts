import type { Engine, PresenceStore } from '@sse/server'
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
