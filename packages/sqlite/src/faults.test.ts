import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { engineScope, failureOf, lead } from './testing/engine-scope.ts'

const { newFile, open, connect } = engineScope()

it('a lock that is let go in time is waited for, and the event loop runs meanwhile', async () => {
  const file = newFile()
  const engine = open(file)
  const db = connect(file, 'BEGIN IMMEDIATE')
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  setTimeout(() => db.exec('COMMIT'), 100)
  expect((await engine.append([lead(1)])).positions).toEqual([1])
  clearInterval(timer)
  expect(turns).toBeGreaterThan(20)
})

it('a lock held for too long is an error with its cause; once it is gone all goes on', async () => {
  const file = newFile()
  const engine = open(file, { busyTimeoutMs: 30 })
  const db = connect(file, 'BEGIN IMMEDIATE')
  const calls = {
    append: () => engine.append([lead(1)]),
    commit: () => engine.commit('ada', { epoch: 'e', position: 1 }),
    trim: () => engine.trim({ maxEvents: 1, maxAgeMs: 1 }),
  }
  for (const call of Object.values(calls)) {
    const { error } = await failureOf(call)
    expect(error).toMatchObject({
      code: 'engine_unavailable',
      message: `${file} is locked: another connection holds a transaction open for too long`,
      expose: false,
      status: 503,
      cause: { code: 'ERR_SQLITE_ERROR', errcode: 5 },
    })
  }
  expect(await engine.read(0, 10)).toMatchObject({ head: 0 })
  db.exec('ROLLBACK')
  expect((await engine.append([lead(1)])).positions).toEqual([1])
})

it('an engine that is closed while it waits for a lock gives up', async () => {
  const file = newFile()
  const engine = open(file)
  connect(file, 'BEGIN IMMEDIATE')
  const appended = failureOf(() => engine.append([lead(1)]))
  await wait(5)
  await engine.close()
  expect(await appended).toMatchObject({ code: 'engine_unavailable', message: 'This engine is closed' })
})
