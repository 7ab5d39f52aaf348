import type { DatabaseSync } from 'node:sqlite'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import type { Engine, NewEntry } from '@sse/server/engine-kit'
import { expectTypeOf, it } from 'vitest'
import { sqlite } from './index.ts'

it('sqlite() returns an engine for createHub that inserts through a connection of the app', () => {
  const engine = sqlite('leads.db', { pollMs: 20, busyTimeoutMs: 100 })
  expectTypeOf(engine).toExtend<Engine<DatabaseSync>>()
  expectTypeOf(engine.insert).toEqualTypeOf<(entry: NewEntry, db: DatabaseSync) => void>()
  // @ts-expect-error: the unit belongs to the name
  sqlite('leads.db', { poll: 20 })
})

it('a hub on it publishes in transactions of node:sqlite alone', () => {
  const leads = defineStream({ path: '/leads', events: { lead: type<number>() } })
  const hub = createHub(leads, { engine: sqlite('leads.db') })
  expectTypeOf(hub.publishIn).parameter(0).toEqualTypeOf<DatabaseSync>()
  // @ts-expect-error: another kind of connection
  hub.publishIn({ query: () => {} }, 'everyone', 'lead', 1)
})
