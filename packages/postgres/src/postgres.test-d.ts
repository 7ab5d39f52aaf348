import type { Engine, PresenceStore } from '@sse/server'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { expectTypeOf, it } from 'vitest'
import { type PostgresEngine, postgres } from './index.ts'

it('it is what createHub takes', () => {
  expectTypeOf(postgres()).toExtend<Engine>()
  expectTypeOf(postgres('postgres://localhost')).toEqualTypeOf<PostgresEngine>()
  expectTypeOf(
    postgres({ tls: { ca: '' }, password: async () => '' }).presence,
  ).toEqualTypeOf<PresenceStore>()
  // @ts-expect-error: the unit belongs to the name
  postgres({ timeout: 20 })
})

it('a function that runs SQL is one line of any driver', () => {
  const entry = { channel: 'a', event: 'b', data: '' }
  const pool = new Pool()
  expectTypeOf(postgres().insert(entry, (text, params) => pool.query(text, params))).toEqualTypeOf<
    Promise<void>
  >()
  const db = drizzle(pool)
  // @ts-expect-error: Drizzle takes no text with parameters
  postgres().insert(entry, (text, params) => db.execute(text, params))
})
