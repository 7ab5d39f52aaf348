import { once } from 'node:events'
import { lead, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()
const LEADS = 'CREATE TABLE IF NOT EXISTS leads (id INTEGER PRIMARY KEY, title TEXT)'

it('a row and its event are committed together', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN IMMEDIATE')
  db.exec(`INSERT INTO leads (title) VALUES ('Ada')`)
  engine.insert(lead('Ada', { key: 'ada' }), db)
  expect(await engine.read(0, 10)).toMatchObject({ head: 0, entries: [] })
  db.exec('COMMIT')
  const page = await engine.read(0, 10)
  expect(page).toMatchObject({
    head: 1,
    entries: [{ position: 1, channel: 'leads', event: 'lead', key: 'ada' }],
  })
})

it('a rollback leaves no event and no hole, whole or to a savepoint', async () => {
  const file = newFile()
  const engine = open(file)
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
  expect(payloads((await engine.read(0, 10)).entries)).toEqual([1, 2, 3])
})

it('without a transaction an event is committed at once', async () => {
  const file = newFile()
  const engine = open(file)
  engine.insert(lead(1), connect(file))
  expect(await engine.read(0, 10)).toMatchObject({ head: 1 })
})

it('an idempotency key counts here too', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file)
  for (let turn = 0; turn < 3; turn++) engine.insert(lead('once', { idempotencyKey: 'k' }), db)
  engine.insert(lead('after'), db)
  expect(payloads((await engine.read(0, 10)).entries)).toEqual(['once', 'after'])
})

it('an engine is woken in the next turn, once for all of a turn, long before it looks by itself', async () => {
  const file = newFile()
  const engine = open(file, { pollMs: 60_000 })
  const db = connect(file)
  let wakes = 0
  engine.onWake(() => wakes++)
  engine.insert(lead(1), db)
  engine.insert(lead(2), db)
  expect(wakes).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(wakes).toBe(1)
})

it('an event of a transaction that takes several turns is found by looking', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file)
  const woken = new EventTarget()
  engine.onWake(() => woken.dispatchEvent(new Event('wake')))
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead(1), db)
  await once(woken, 'wake')
  expect(await engine.read(0, 10)).toMatchObject({ head: 0 })
  const committed = once(woken, 'wake')
  db.exec('COMMIT')
  await committed
  expect(await engine.read(0, 10)).toMatchObject({ head: 1 })
})

it('while the app holds its transaction open, what the hub appends waits and comes after', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file)
  db.exec('BEGIN IMMEDIATE')
  engine.insert(lead('app'), db)
  const appended = engine.append([lead('hub')])
  await new Promise((resolve) => setImmediate(resolve))
  db.exec('COMMIT')
  expect((await appended).positions).toEqual([2])
})

it('a connection to another file, or to none, is refused', async () => {
  const file = newFile()
  const engine = open(file)
  for (const other of [newFile(), ':memory:']) {
    expect(await failureOf(() => engine.insert(lead(1), connect(other)))).toMatchObject({
      code: 'option_invalid',
      message: `insert: the connection is to another file than ${file}`,
    })
  }
})

it('a connection that may lose its last commits is refused', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, 'PRAGMA synchronous = NORMAL')
  expect(await failureOf(() => engine.insert(lead(1), db))).toMatchObject({
    code: 'option_invalid',
    message:
      'insert: the connection is below PRAGMA synchronous = FULL: a power cut could take back events that subscribers have seen',
  })
  db.exec('PRAGMA synchronous = FULL')
  engine.insert(lead(1), db)
})

it('a lock that somebody else holds is an error: an insert cannot wait', async () => {
  const file = newFile()
  const engine = open(file)
  connect(file, 'BEGIN IMMEDIATE')
  expect(await failureOf(() => engine.insert(lead(1), connect(file)))).toMatchObject({
    code: 'engine_unavailable',
    message: `${file} is locked: another connection holds a transaction open for too long`,
  })
})

it('a transaction that has read too early is told to begin immediately', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, LEADS)
  db.exec('BEGIN')
  db.prepare('SELECT * FROM leads').all()
  await engine.append([lead(1)])
  expect(await failureOf(() => engine.insert(lead(2), db))).toMatchObject({
    code: 'engine_unavailable',
    message: `${file}: the transaction has read what another connection has changed since; begin with BEGIN IMMEDIATE`,
  })
})

it('without room an insert fails, and the transaction takes its rows back', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, LEADS)
  db.exec('PRAGMA max_page_count = 1') // as many as there are now
  db.exec('BEGIN IMMEDIATE')
  db.exec(`INSERT INTO leads (title) VALUES ('Ada')`)
  expect(await failureOf(() => engine.insert(lead('x'.repeat(100_000)), db))).toMatchObject({
    code: 'engine_unavailable',
    message: `No room for ${file}: its disk is full or its max_page_count reached`,
  })
  expect(db.prepare('SELECT count(*) AS leads FROM leads').get()).toEqual({ leads: 0 })
  db.exec('PRAGMA max_page_count = 1000000')
  engine.insert(lead(1), db)
  expect(await engine.read(0, 10)).toMatchObject({ head: 1 })
})

it('a connection that was closed and opened again goes on', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file)
  engine.insert(lead(1), db)
  db.close()
  db.open()
  engine.insert(lead(2), db)
  expect(await engine.read(0, 10)).toMatchObject({ head: 2 })
})
