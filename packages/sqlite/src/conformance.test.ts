import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { describe, it } from 'vitest'
import { countStatements } from './fixtures/count-statements.ts'
import { ForeignWriter } from './fixtures/foreign-writer.ts'
import { sqlite } from './index.ts'

const statements = countStatements()

const seeds = Number(process.env.CONFORMANCE_SEEDS ?? 60)

/** In memory where there is such a folder: what is shown is order, which costs a disk a minute of waiting. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** What `kill -9` leaves of a file: the database and its log of what was committed, not the index of that log. */
const LEFT = ['hub.db', 'hub.db-wal']

const openWith = (hasChecks: boolean) => async (): Promise<OpenedEngine> => {
  const folder = mkdtempSync(join(parent, 'sse-conformance-'))
  const engines: ReturnType<typeof sqlite>[] = []
  let file = join(folder, 'hub.db')
  let crashes = 0
  const foreign = new ForeignWriter(file, hasChecks)
  const connect = () => {
    const engine = sqlite(file)
    engines.push(engine)
    return engine
  }
  return {
    engine: connect(),
    another: async () => connect(),
    reopen: async () => connect(),
    crash: async () => {
      crashes += 1
      const copy = mkdtempSync(join(folder, `crash-${crashes}-`))
      for (const name of LEFT) {
        const from = join(file, '..', name)
        if (existsSync(from)) cpSync(from, join(copy, name))
      }
      file = join(copy, 'hub.db')
      return connect()
    },
    traffic: statements,
    foreign: async (entry) => foreign.write(entry),
    close: async () => {
      for (const engine of engines) await engine.close()
      foreign.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

describe('sqlite()', () => {
  const abilities = ['another', 'reopen', 'crash', 'presence', 'traffic', 'foreign'] as const
  const cases = engineSuite({ name: 'sqlite', open: openWith(true), abilities, seeds })
  for (const { name, run } of cases) it(name, run, 120_000)

  const unchecked = engineSuite({
    name: 'sqlite without constraints',
    open: openWith(false),
    abilities,
    seeds: 10,
  })
  for (const { name, run } of unchecked.filter(({ name }) => name.includes('another program')))
    it(name, run, 120_000)
})
