import type { DatabaseSync } from 'node:sqlite'
import type { Engine, NewEntry } from '@sse/server'
import { expectTypeOf, it } from 'vitest'
import { sqlite } from './index.ts'

it('sqlite() returns an engine for createHub that inserts through a connection of the app', () => {
  const engine = sqlite('leads.db', { pollMs: 20, busyTimeoutMs: 100 })
  expectTypeOf(engine).toExtend<Engine>()
  expectTypeOf(engine.insert).toEqualTypeOf<(entry: NewEntry, db: DatabaseSync) => void>()
  // @ts-expect-error: the unit belongs to the name
  sqlite('leads.db', { poll: 20 })
})
