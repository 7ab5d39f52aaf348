import { once } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { lead } from '@sse/test-support/entries'
import { atMost, STATE } from '@sse/test-support/read-options'
import { afterEach, describe, expect, it } from 'vitest'
import { countStatements } from './fixtures/count-statements.ts'
import { engineScope } from './fixtures/engine-scope.ts'
import type { SqliteOptions } from './index.ts'

const { newFile, open, connect } = engineScope()
const statements = countStatements()
const { watch } = fs
afterEach(() => setWatch(watch))

/** Puts another `watch` into `node:fs`: that of a system that cannot tell, or does not. */
function setWatch(replacement: typeof watch): void {
  fs.watch = replacement
  syncBuiltinESMExports()
}

/** An engine that listens, and the number of its wakes. */
async function listen(file: string, options?: SqliteOptions) {
  const engine = open(file, options)
  await engine.read(0, STATE)
  const wakes = new EventTarget()
  let count = 0
  const stop = engine.onWake(() => {
    count += 1
    wakes.dispatchEvent(new Event('wake'))
  })
  return { engine, stop, count: () => count, next: () => once(wakes, 'wake') }
}

const NEVER = 2_147_483_647

describe.skipIf(process.platform === 'win32')('where the system tells of changes', () => {
  it('wakes for a commit of another connection, without a poll', async () => {
    const file = newFile()
    const { engine, next } = await listen(file, { pollMs: NEVER })
    const other = open(file)
    for (let turn = 1; turn <= 50; turn++) {
      const woken = next()
      await other.append([lead(turn)])
      await woken
      expect(await engine.read(0, atMost(100))).toMatchObject({ head: turn })
    }
  })

  it('wakes for a commit through a link to the file', async () => {
    const file = newFile()
    await open(file).append([lead(1)])
    const link = newFile('link.db')
    fs.symlinkSync(file, link)
    const { next } = await listen(link, { pollMs: NEVER })
    const woken = next()
    await open(file).append([lead(2)])
    await woken
  })

  it('wakes for a transaction that was written long before it is committed', async () => {
    const file = newFile()
    const { next, engine } = await listen(file, { pollMs: NEVER })
    const app = connect(file, 'PRAGMA cache_size = 1; CREATE TABLE notes (text TEXT)')
    await pause(1_100) // until nothing looks at the file any more
    app.exec('BEGIN IMMEDIATE')
    for (let row = 0; row < 200; row++) app.prepare('INSERT INTO notes VALUES (?)').run('x'.repeat(4_000))
    engine.insert(lead(1), app)
    await pause(1_100)
    const woken = next()
    app.exec('COMMIT')
    await woken
    expect(await engine.read(0, atMost(1))).toMatchObject({ head: 1 })
  })

  it('looks at an idle file less than once a second, and not at all without a callback', async () => {
    const { stop } = await listen(newFile())
    await pause(1_500) // the looks after its own first change
    let before = statements()
    await pause(3_000)
    expect(statements() - before).toBeLessThan(3)
    stop()
    before = statements()
    await pause(300)
    expect(statements() - before).toBe(0)
  })

  it('does not keep the process alive, and leaves no watcher behind', async () => {
    const { stop } = await listen(newFile())
    const watchers = () => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
    expect(watchers()).toBe(0) // of those that keep it alive
    stop()
  })
})

describe('where the system does not tell of changes', () => {
  it('polls when a file cannot be watched', async () => {
    setWatch((() => {
      throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' })
    }) as unknown as typeof watch)
    const file = newFile()
    const { next } = await listen(file)
    const woken = next()
    await open(file).append([lead(1)])
    await woken
  })

  it('polls when a watcher is silent', async () => {
    const silent = newFile('silent')
    fs.writeFileSync(silent, '')
    setWatch(((_: string, options: object, listener: () => void) =>
      watch(silent, options, listener)) as typeof watch)
    const file = newFile()
    const { next, count } = await listen(file)
    for (let turn = 1; turn <= 3; turn++) {
      const woken = next()
      await open(file).append([lead(turn)])
      await woken
    }
    expect(count()).toBeGreaterThanOrEqual(3)
  })

  it('polls again when a watcher that has worked is silent', async () => {
    let tell: (() => void) | undefined
    const silent = newFile('silent')
    fs.writeFileSync(silent, '')
    setWatch(((_: string, options: object, listener: (type: string) => void) => {
      tell = () => listener('change')
      return watch(silent, options, () => {})
    }) as unknown as typeof watch)
    const file = newFile()
    const { next, engine } = await listen(file)
    tell?.()
    await pause(1_100) // the looks after it
    const found = next() // by the check
    await open(file).append([lead(1)])
    await found
    await pause(300) // the grace for a system that tells late
    const polled = next()
    const since = performance.now()
    await open(file).append([lead(2)])
    await polled
    expect(performance.now() - since).toBeLessThan(4_000)
    expect(await engine.read(0, atMost(10))).toMatchObject({ head: 2 })
  }, 30_000)

  it('polls when the watched file is replaced, and when the watcher fails', async () => {
    for (const end of ['rename', 'error'] as const) {
      setWatch(((path: string, options: object, listener: (type: string) => void) => {
        const watcher = watch(path, options, () => {})
        setImmediate(() => {
          listener('change')
          if (end === 'rename') listener('rename')
          else watcher.emit('error', new Error('gone'))
        })
        return watcher
      }) as unknown as typeof watch)
      const file = newFile()
      const { next } = await listen(file)
      await pause(1_200)
      const woken = next()
      const since = performance.now()
      await open(file).append([lead(1)])
      await woken
      expect(performance.now() - since).toBeLessThan(4_000)
    }
  })
})
