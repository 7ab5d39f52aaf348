import { chmodSync, closeSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lead } from '@sse/test-support/entries'
import { errorOf, failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { sqlite } from './index.ts'

const { newFile, open, connect } = engineScope()

/** The error of the first call, with `<file>` for the file's name. */
async function refusal(file: string, options = {}) {
  const error = await errorOf(() => open(file, options).read(0, STATE))
  expect(error).toMatchObject({ name: 'SseError', expose: false })
  return { code: error.code, message: error.message.replaceAll(file, '<file>') }
}

it.each(['', ' ', ':memory:', 'file:leads.db?mode=memory', undefined as unknown as string])(
  'rejects %j as the path of a file',
  async (path) => {
    expect((await failureOf(() => sqlite(path))).message).toBe(
      `sqlite: ${JSON.stringify(path)} is not the path of a file; for a log in memory, use memory()`,
    )
  },
)

it.each([
  [{ pollMs: 0 }, 'sqlite: pollMs must be 1 to 2147483647, not 0'],
  [{ pollMs: Number.NaN }, 'sqlite: pollMs must be 1 to 2147483647, not NaN'],
  [{ busyTimeoutMs: -1 }, 'sqlite: busyTimeoutMs must be 0 to 2147483647, not -1'],
  [
    { busyTimeoutMs: Number.POSITIVE_INFINITY },
    'sqlite: busyTimeoutMs must be 0 to 2147483647, not Infinity',
  ],
])('rejects the options %j', async (options, message) => {
  expect(await refusal(newFile(), options)).toEqual({ code: 'option_invalid', message })
})

it('names a file whose folder does not exist', async () => {
  expect(await refusal(newFile('no/such/hub.db'))).toEqual({
    code: 'engine_failed',
    message: '<file> cannot be opened: its folder does not exist',
  })
})

it('rejects a folder', async () => {
  expect(await refusal(dirname(newFile()))).toEqual({
    code: 'engine_failed',
    message:
      '<file> cannot be opened: it is a folder, or this process has no right to read and write it and its folder',
  })
})

it('leaves a file of another kind as it is', async () => {
  const file = newFile()
  writeFileSync(file, 'name,owner\n'.repeat(1000))
  expect(await refusal(file)).toEqual({
    code: 'engine_failed',
    message: '<file> is not an SQLite database, or it is encrypted',
  })
  expect(statSync(file).size).toBe(11_000)
})

it('reports a corrupt file when it is opened or read', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.append(Array.from({ length: 2000 }, (_, index) => lead(`${'x'.repeat(200)}${index}`)))
  await engine.close()
  const pageSize = 4096
  const descriptor = openSync(file, 'r+')
  for (let page = 8; page < 100; page++)
    writeSync(descriptor, Buffer.alloc(pageSize, 0xa5), 0, pageSize, page * pageSize)
  closeSync(descriptor)
  const { code, message } = await failureOf(() => open(file).read(0, atMost(2000)))
  expect({ code, message: message.replace(file, '<file>') }).toEqual({
    code: 'engine_failed',
    message: '<file> is corrupt: stop its processes, keep a copy, and restore a backup or use a new file',
  })
})

describe.skipIf(!process.seteuid)('a file that this process may only read', () => {
  const asked = async (file: string, folderMode: number) => {
    chmodSync(file, 0o444)
    chmodSync(dirname(file), folderMode)
    const message = await asNobody(() => refusal(file))
    chmodSync(dirname(file), 0o700)
    return message
  }
  const readOnly = {
    code: 'engine_failed',
    message: '<file> is read-only: make it and its folder writable for this process',
  }
  const closed = {
    code: 'engine_failed',
    message:
      '<file> cannot be opened: it is a folder, or this process has no right to read and write it and its folder',
  }

  it('is rejected when it has a log', async () => {
    const [inOpenFolder, inClosedFolder] = [newFile(), newFile()]
    for (const file of [inOpenFolder, inClosedFolder]) {
      const engine = open(file)
      await engine.read(0, STATE)
      await engine.close()
    }
    expect(await asked(inOpenFolder, 0o777)).toEqual(readOnly)
    expect(await asked(inClosedFolder, 0o000)).toEqual(closed)
  })

  it('is rejected when it has only tables of the app', async () => {
    const file = newFile()
    connect(file, 'CREATE TABLE leads (id INTEGER)').close()
    expect(await asked(file, 0o777)).toEqual(readOnly)
    expect(await asked(file, 0o555)).toEqual(readOnly)
  })
})

/** Root may write any file: runs `call` up to its first `await` as a user without that right. */
async function asNobody<Result>(call: () => Promise<Result>): Promise<Result> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  const result = call()
  if (isRoot) process.seteuid?.(0)
  return result
}

it('names tables of another program, and leaves them alone', async () => {
  const file = newFile()
  const db = connect(file, `CREATE TABLE sse_meta (id INTEGER); CREATE TABLE sse_clients (id INTEGER)`)
  expect(await refusal(file)).toEqual({
    code: 'engine_failed',
    message:
      '<file> has tables named sse_… of another program (sse_meta, sse_clients): rename them, or use another file',
  })
  expect(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 2 })
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
})

it('rejects tables of a newer version', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.read(0, STATE)
  await engine.close()
  connect(file, `UPDATE sse_meta SET value = '7' WHERE name = 'version'`)
  expect(await refusal(file)).toEqual({
    code: 'engine_failed',
    message: '<file> was written by a newer @sse/sqlite (tables 7, known 4): upgrade this process',
  })
})

it('rejects tables of a version before the first release, and leaves them alone', async () => {
  const file = newFile()
  const db = connect(
    file,
    `CREATE TABLE sse_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
     INSERT INTO sse_meta VALUES ('owner', '@sse/sqlite'), ('version', '2')`,
  )
  expect(await refusal(file)).toEqual({
    code: 'engine_failed',
    message:
      '<file> was written by @sse/sqlite before its first release (tables 2, known 4): drop its tables named sse_…, or use another file',
  })
  expect(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 1 })
})

it('keeps its tables beside those of the app', async () => {
  const file = newFile()
  const db = connect(
    file,
    'CREATE TABLE leads (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO leads DEFAULT VALUES',
  )
  const engine = open(file)
  expect((await engine.append([lead(1)])).positions).toEqual([1])
  db.exec('INSERT INTO leads DEFAULT VALUES')
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 })
  const names = db.prepare(`SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name`).all()
  expect(names.map(({ name }) => name)).toEqual([
    'leads',
    'sse_commits',
    'sse_commits_by_at',
    'sse_entries',
    'sse_entries_by_channel',
    'sse_entries_by_idempotency_key',
    'sse_members',
    'sse_members_by_process',
    'sse_meta',
    'sse_presence',
    'sse_processes',
  ])
})

it('resolves a relative path when the engine is created', async () => {
  const file = newFile()
  const cwd = process.cwd()
  process.chdir(dirname(file))
  const engine = open(basename(file))
  process.chdir(cwd)
  await engine.append([lead(1)])
  expect(await open(file).read(0, STATE)).toMatchObject({ head: 1 })
})

it('rejects events for a file that was deleted or replaced while open', async () => {
  const file = newFile()
  const engine = open(file)
  await engine.append([lead(1)])
  rmSync(file)
  const message = `${file} was deleted or replaced while it was open: restart this process`
  expect(await failureOf(() => engine.append([lead(2)]))).toMatchObject({ code: 'engine_failed', message })
  new DatabaseSync(file).close()
  expect(await failureOf(() => engine.append([lead(2)]))).toMatchObject({ code: 'engine_failed', message })
})

it('waits, in its first call, for a file that another connection is creating', async () => {
  const file = newFile()
  const db = connect(file, 'BEGIN EXCLUSIVE; CREATE TABLE leads (id INTEGER)')
  const engine = open(file)
  const appended = engine.append([lead(1)])
  setTimeout(() => db.exec('COMMIT'), 20)
  expect((await appended).positions).toEqual([1])
})
