import { memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { runsTable } from './table.ts'

// One engine for all "processes": polls stand in for its wake-ups, and no process closes it.
const engine = memory()
const shared: Engine = {
  append: (entries) => engine.append(entries),
  read: (after, options) => engine.read(after, options),
  onWake: () => () => {},
  trim: (retention) => engine.trim(retention),
  commit: (subscriber, commit) => engine.commit(subscriber, commit),
  committed: (subscribers) => engine.committed(subscribers),
  forget: (subscriber) => engine.forget(subscriber),
  close: async () => {},
}

runsTable('memory', () => shared)
