import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lead } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()
const IMPORTING = fileURLToPath(new URL('fixtures/importing-process.ts', import.meta.url))

it('opens and creates no file before its first call', async () => {
  const file = newFile()
  const unused = open(file)
  expect(existsSync(file)).toBe(false)
  await unused.close()
  expect(existsSync(file)).toBe(false)
  const engine = open(file)
  expect((await engine.append([lead(1)])).positions).toEqual([1])
  expect(existsSync(file)).toBe(true)
})

it('tries again after a first call that failed, once the file can be used', async () => {
  const file = newFile()
  const db = connect(file, 'CREATE TABLE sse_meta (id INTEGER)')
  const engine = open(file)
  expect((await failureOf(() => engine.read(0, STATE))).code).toBe('engine_failed')
  db.exec('DROP TABLE sse_meta')
  expect((await engine.append([lead(1)])).positions).toEqual([1])
})

it('starts polling with the first listener', async () => {
  const file = newFile()
  const engine = open(file)
  const woken = new Promise<void>((resolve) => engine.onWake(resolve))
  await open(file).append([lead(1)])
  await woken
})

it('lets a module create an engine and a hub, without a file or a timer', () => {
  const file = newFile()
  const child = spawnSync(process.execPath, ['--conditions=@sse/source', IMPORTING, file], {
    encoding: 'utf8',
  })
  expect([child.stdout.trim(), child.status, existsSync(file)]).toEqual(['', 0, false])
})
