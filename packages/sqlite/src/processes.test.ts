import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { lead } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { atMost, STATE } from '@sse/test-support/read-options'
import { afterEach, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()
const PUBLISHER = fileURLToPath(new URL('fixtures/publisher-process.ts', import.meta.url))

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Appends in a separate process; `acknowledged` grows as it says them. */
function publish(file: string, channel: string, times: number) {
  const child = spawn(process.execPath, ['--conditions=@sse/source', PUBLISHER, file, channel, `${times}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const acknowledged: number[] = []
  let saidReady = () => {}
  const ready = new Promise<void>((resolve) => {
    saidReady = resolve
  })
  const watchers: { count: number; resolve: () => void }[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === 'ready') saidReady()
    else if (line !== 'done') acknowledged.push(Number(line))
    for (const { count, resolve } of watchers) if (acknowledged.length >= count) resolve()
  })
  return {
    child,
    acknowledged,
    ready,
    exited: once(child, 'close').then(([code, signal]) => code ?? signal),
    has: (count: number) => new Promise<void>((resolve) => watchers.push({ count, resolve })),
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

it('makes one log of several publishing processes, without a hole, each in its order', async () => {
  const file = newFile()
  const TIMES = 200
  const engine = open(file)
  const publishers = ['a', 'b', 'c'].map((channel) => publish(file, channel, TIMES))
  await Promise.all(publishers.map(({ ready }) => ready))
  for (let turn = 0; turn < TIMES; turn++) await engine.append([lead(turn)])
  expect(await Promise.all(publishers.map(({ exited }) => exited))).toEqual([0, 0, 0])

  const { head, entries } = await engine.read(0, atMost(5 * TIMES))
  expect(head).toBe(4 * TIMES)
  expect(entries.map(({ position }) => position)).toEqual(upTo(4 * TIMES))
  for (const [index, { acknowledged }] of publishers.entries()) {
    const ofChannel = entries.filter(({ channel }) => channel === 'abc'[index])
    expect(ofChannel.map(({ position }) => position)).toEqual(acknowledged)
    expect(ofChannel.map(({ data }) => Number(data))).toEqual(upTo(TIMES).map((turn) => turn - 1))
  }
}, 120_000)

it('keeps every acknowledged event over kill -9 in the middle of a thousand appends', async () => {
  const file = newFile()
  const first = open(file)
  const { epoch } = await first.read(0, STATE)
  await first.close()
  const held = new Map<number, string>()
  for (const killAfter of [1, 100, 250]) {
    const publisher = publish(file, `killed after ${killAfter}`, 1000)
    await publisher.has(killAfter)
    publisher.child.kill('SIGKILL')
    expect(await publisher.exited).toBe('SIGKILL')

    const engine = open(file)
    const page = await engine.read(0, atMost(5000))
    expect(page.epoch).toBe(epoch)
    expect(page.entries.map(({ position }) => position)).toEqual(upTo(page.head))
    const channels = new Map(page.entries.map(({ position, channel }) => [position, channel]))
    for (const position of publisher.acknowledged) held.set(position, `killed after ${killAfter}`)
    for (const [position, channel] of held) expect(channels.get(position)).toBe(channel)

    const { positions } = await engine.append([lead('after', { channel: 'after' })])
    expect(positions).toEqual([page.head + 1])
    held.set(page.head + 1, 'after')
    await engine.close()
  }
  expect(held.size).toBeGreaterThan(350)
}, 120_000)

const processes = (file: string) =>
  connect(file)
    .prepare('SELECT pid FROM sse_processes')
    .all()
    .map(({ pid }) => pid)

it('removes a dead process when the next one opens the file', async () => {
  const file = newFile()
  const publisher = publish(file, 'a', 1_000_000)
  await publisher.ready
  expect(processes(file)).toEqual([publisher.child.pid])
  publisher.child.kill('SIGKILL')
  await publisher.exited
  const engine = open(file)
  await engine.read(0, STATE)
  expect(processes(file)).toEqual([process.pid])
  await engine.close()
  expect(processes(file)).toEqual([])
})

it('does not share a file with a process whose SQLite may corrupt it', async () => {
  const file = newFile()
  const publisher = publish(file, 'a', 1_000_000)
  await publisher.ready
  const db = connect(file, 'PRAGMA busy_timeout = 5000')
  const setVersion = (version: string) =>
    db.prepare('UPDATE sse_processes SET sqlite_version = ?').run(version)
  for (const version of ['3.51.2', '3.50.4', '3.9.99']) {
    setVersion(version)
    const { pid } = publisher.child
    expect(await failureOf(() => open(file).read(0, STATE))).toMatchObject({
      code: 'engine_failed',
      message:
        `${file} is also open in process ${pid}, and process ${pid} has SQLite ${version}, which may corrupt a shared ` +
        'file: use 3.51.3 or later in all of them (Node 24, or 22.23), or one file each',
    })
  }
  for (const version of ['3.51.3', '3.51.10', '3.53.0', '4.0.0']) {
    setVersion(version)
    await open(file).read(0, STATE)
  }
})
