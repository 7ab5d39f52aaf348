import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { Engine, PresenceStore } from '@sse/server/engine-kit'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Client, Pool } from 'pg'
import postgresJs from 'postgres'
import { expectTypeOf, it } from 'vitest'
import { type PostgresEngine, type PostgresTx, postgres } from './index.ts'

it('postgres() returns an engine for createHub', () => {
  expectTypeOf(postgres()).toExtend<Engine<PostgresTx>>()
  expectTypeOf(postgres('postgres://localhost')).toEqualTypeOf<PostgresEngine>()
  expectTypeOf(
    postgres({ tls: { ca: '' }, password: async () => '' }).presence,
  ).toEqualTypeOf<PresenceStore>()
  // @ts-expect-error: the unit belongs to the name
  postgres({ timeout: 20 })
})

it('insert() takes a client, a transaction, or a function that runs SQL', () => {
  const entry = { channel: 'a', event: 'b', data: '' }
  const pool = new Pool()
  const sql = postgresJs('')
  expectTypeOf(postgres().insert(entry, new Client())).toEqualTypeOf<Promise<void>>()
  expectTypeOf(postgres().insert).parameter(1).toEqualTypeOf<PostgresTx>()
  postgres().insert(entry, pool)
  pool.connect().then((client) => postgres().insert(entry, client))
  sql.begin((tx) => postgres().insert(entry, tx))
  postgres().insert(entry, (text, params) => pool.query(text, params))
  sql.begin((tx) => postgres().insert(entry, (_, params, strings) => tx(strings, ...params)))
  const db = drizzle(pool)
  // @ts-expect-error: Drizzle takes no text with parameters
  postgres().insert(entry, (text, params) => db.execute(text, params))
  // @ts-expect-error: nor does its transaction run SQL as text
  db.transaction((tx) => postgres().insert(entry, tx))
})

it('a hub on it publishes in transactions', () => {
  const leads = defineStream({ path: '/leads', events: { lead: type<number>() } })
  const hub = createHub(leads, { engine: postgres() })
  expectTypeOf(hub.publishIn).parameter(0).toEqualTypeOf<PostgresTx>()
  hub.publishIn(new Client(), 'everyone', 'lead', 1)
  // @ts-expect-error: no connection
  hub.publishIn('BEGIN', 'everyone', 'lead', 1)
})
