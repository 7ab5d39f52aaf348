import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lead } from '@sse/test-support/entries'
import { errorOf, failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()

it('waits for a lock that is released in time, while the event loop runs', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, 'BEGIN IMMEDIATE')
  let turns = 0
  // Released by the event loop alone: an append that stopped it would wait for ever.
  const timer = setInterval(() => {
    turns += 1
    if (turns < 20) return
    clearInterval(timer)
    db.exec('COMMIT')
  }, 1)
  expect((await engine.append([lead(1)])).positions).toEqual([1])
  expect(turns).toBe(20)
})

it('rejects with the cause when a lock is held for too long, and works once it is released', async () => {
  const file = newFile()
  const engine = open(file, { busyTimeoutMs: 30 })
  await engine.read(0, STATE)
  const db = connect(file, 'BEGIN IMMEDIATE')
  const calls = {
    append: () => engine.append([lead(1)]),
    commit: () => engine.commit('ada', { epoch: 'e', position: 1 }),
    forget: () => engine.forget('ada'),
    trim: () => engine.trim({ maxEvents: 1, maxAgeMs: 1, maxCommitAgeMs: 1 }),
  }
  for (const call of Object.values(calls)) {
    const error = await errorOf(call)
    expect(error).toMatchObject({
      code: 'engine_unavailable',
      message: `${file} is locked: another connection keeps a transaction open for too long`,
      expose: false,
      status: 503,
      cause: { code: 'ERR_SQLITE_ERROR', errcode: 5 },
    })
  }
  expect(await engine.read(0, atMost(10))).toMatchObject({ head: 0 })
  db.exec('ROLLBACK')
  expect((await engine.append([lead(1)])).positions).toEqual([1])
})

it('rejects a call that waits for a lock when the engine is closed', async () => {
  const file = newFile()
  const engine = open(file)
  connect(file, 'BEGIN IMMEDIATE')
  const appended = failureOf(() => engine.append([lead(1)]))
  await wait(5)
  await engine.close()
  expect(await appended).toMatchObject({ code: 'engine_unavailable', message: 'This engine is closed' })
})

const FULL_DISK = fileURLToPath(new URL('fixtures/full-disk-process.ts', import.meta.url))
/** Runs a command in a separate file system of 4 MB on the folder `$0`, gone with it. */
const ON_A_SMALL_DISK = ['unshare', '--map-root-user', '--mount', 'sh', '-c']
const MOUNT = 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"'

/** Node 22 calls `node:sqlite` an experiment. */
const QUIET = { ...process.env, NODE_NO_WARNINGS: '1' }

const mayMount = canMount()

function canMount(): boolean {
  const [command = '', ...args] = [...ON_A_SMALL_DISK, MOUNT, '/tmp', 'true']
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return true
  if (process.env.CI) throw new Error(`a small disk cannot be mounted: ${stderr}`)
  console.warn(`\nSKIPPED a full disk: a small one cannot be mounted here: ${stderr}\n`)
  return false
}

it.skipIf(!mayMount)('loses nothing on a full disk, and continues once there is room', () => {
  const folder = dirname(newFile())
  const [command = '', ...args] = [...ON_A_SMALL_DISK, MOUNT, folder]
  const node = [process.execPath, '--conditions=@sse/source', FULL_DISK, folder]
  const { stdout, stderr } = spawnSync(command, [...args, ...node], { encoding: 'utf8', env: QUIET })
  expect(stderr).toBe('')
  const { acknowledged, ...said } = JSON.parse(stdout)
  expect(acknowledged).toBeGreaterThan(50)
  expect(said).toEqual({
    failure: {
      code: 'engine_unavailable',
      message: 'No room for /hub.db: its disk is full, or its max_page_count is reached',
      errcode: 13, // SQLITE_FULL
    },
    whileFull: { head: acknowledged, entries: 1 },
    next: acknowledged + 1,
    head: acknowledged + 10,
    entries: acknowledged + 10,
  })
})
