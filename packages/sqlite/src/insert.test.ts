import { once } from 'node:events'
import { lead, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { SqliteEngine, SqliteOptions } from './index.ts'

const { newFile, open, connect } = engineScope()

/** An engine whose file has its tables. */
async function openFile(file: string, options?: SqliteOptions): Promise<SqliteEngine> {
  const engine = open(file, options)
  await engine.read(0, STATE)
  return engine
}

const LEADS = 'CREATE TABLE IF NOT EXISTS leads (id INTEGER PRIMARY KEY, title TEXT)'

it('commits a row and its event together', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN IMMEDIATE')
  db.exec(`INSERT INTO leads (title) VALUES ('Ada')`)
  engine.insert(lead('Ada', { key: 'ada' }), db)
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 0, entries: [] })
  db.exec('COMMIT')
  const page = await engine.read(0, atMost(10))
  expect(page).toMatchObject({
    head: 1,
    entries: [{ position: 1, channel: 'leads', event: 'lead', key: 'ada' }],
  })
})

it('leaves no event and no hole after a rollback, complete or to a savepoint', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead('gone'), db)
  db.exec('ROLLBACK')
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead(1), db)
  db.exec('SAVEPOINT part')
  engine.insert(lead('gone'), db)
  db.exec('ROLLBACK TO part')
  engine.insert(lead(2), db)
  db.exec('COMMIT')
  expect((await engine.append([lead(3)])).positions).toEqual([3])
  expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2, 3])
})

it('commits an event at once without a transaction', async () => {
  const file = newFile()
  const engine = await openFile(file)
  engine.insert(lead(1), connect(file))
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 })
})

it('stores one event for an idempotency key and channel', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file)
  for (let turn = 0; turn < 3; turn++) engine.insert(lead('once', { idempotencyKey: 'k' }), db)
  engine.insert(lead('after'), db)
  engine.insert(lead('elsewhere', { idempotencyKey: 'k', channel: 'other' }), db)
  expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual(['once', 'after', 'elsewhere'])
})

it('wakes the engine in the next turn, once for all inserts of a turn, without waiting for a poll', async () => {
  const file = newFile()
  const engine = await openFile(file, { pollMs: 60_000 })
  const db = connect(file)
  let wakes = 0
  engine.onWake(() => wakes++)
  engine.insert(lead(1), db)
  engine.insert(lead(2), db)
  expect(wakes).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(wakes).toBe(1)
})

it('finds an event of a transaction that takes several turns by polling', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file)
  const woken = new EventTarget()
  engine.onWake(() => woken.dispatchEvent(new Event('wake')))
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead(1), db)
  await once(woken, 'wake')
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 0 })
  const committed = once(woken, 'wake')
  db.exec('COMMIT')
  await committed
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 })
})

it('makes an append of the hub wait for the transaction of the app, and come after it', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file)
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead('app'), db)
  const appended = engine.append([lead('hub')])
  await new Promise((resolve) => setImmediate(resolve))
  db.exec('COMMIT')
  expect((await appended).positions).toEqual([2])
})

it('rejects a connection to another file, or to no file', async () => {
  const file = newFile()
  const engine = await openFile(file)
  for (const other of [newFile(), ':memory:']) {
    expect(await failureOf(() => engine.insert(lead(1), connect(other)))).toMatchObject({
      code: 'option_invalid',
      message: `insert: the connection is to another file than ${file}`,
    })
  }
})

it('rejects a connection that may lose its last commits', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file, 'PRAGMA synchronous = NORMAL')
  expect(await failureOf(() => engine.insert(lead(1), db))).toMatchObject({
    code: 'option_invalid',
    message:
      'insert: the connection is below PRAGMA synchronous = FULL: a power cut could take back events that subscribers have seen',
  })
  db.exec('PRAGMA synchronous = FULL')
  engine.insert(lead(1), db)
})

it('throws while another connection holds the lock, because an insert cannot wait', async () => {
  const file = newFile()
  const engine = await openFile(file)
  connect(file, 'BEGIN IMMEDIATE')
  expect(await failureOf(() => engine.insert(lead(1), connect(file)))).toMatchObject({
    code: 'engine_unavailable',
    message: `${file} is locked: another connection keeps a transaction open for too long`,
  })
})

it('tells a transaction that has read too early to begin with BEGIN IMMEDIATE', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN')
  db.prepare('SELECT * FROM leads').all()
  await engine.append([lead(1)])
  expect(await failureOf(() => engine.insert(lead(2), db))).toMatchObject({
    code: 'engine_unavailable',
    message: `${file}: another connection has changed what this transaction has read; begin it with BEGIN IMMEDIATE`,
  })
})

it('throws when there is no room, and the transaction rolls its rows back', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file, LEADS)
  db.exec('PRAGMA max_page_count = 1') // as many as there are now
  db.exec('BEGIN IMMEDIATE')
  db.exec(`INSERT INTO leads (title) VALUES ('Ada')`)
  expect(await failureOf(() => engine.insert(lead('x'.repeat(100_000)), db))).toMatchObject({
    code: 'engine_unavailable',
    message: `No room for ${file}: its disk is full, or its max_page_count is reached`,
  })
  expect(db.prepare('SELECT count(*) AS leads FROM leads').get()).toEqual({ leads: 0 })
  db.exec('PRAGMA max_page_count = 1000000')
  engine.insert(lead(1), db)
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 })
})

it('works on a connection that was closed and opened again', async () => {
  const file = newFile()
  const engine = await openFile(file)
  const db = connect(file)
  engine.insert(lead(1), db)
  db.close()
  db.open()
  engine.insert(lead(2), db)
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 2 })
})

it('creates the tables of a new file in the very transaction that holds the lock', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead('gone'), db)
  db.exec('ROLLBACK')
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead(1), db)
  engine.insert(lead(2), db)
  db.exec('COMMIT')
  expect((await engine.append([lead(3)])).positions).toEqual([3])
  expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2, 3])
  expect(connect(file).prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
})

it('checks the connection before it creates tables through it', async () => {
  const file = newFile()
  const other = connect(newFile(), LEADS)
  connect(file, `${LEADS}; BEGIN IMMEDIATE`)
  expect(await failureOf(() => open(file).insert(lead(1), other))).toMatchObject({ code: 'option_invalid' })
  expect(other.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'leads' }])
})
