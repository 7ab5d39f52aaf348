import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { hasNats } from '@sse/test-support/nats-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { NatsEngine } from './index.ts'

const { start, open, laterStop } = engineScope()
const program = fileURLToPath(new URL('fixtures/publisher-process.ts', import.meta.url))

/** A process that publishes, and what it has said was acknowledged. */
async function startPublisher(url: string, channel: string, times: number) {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@sse/source', program, url, channel, String(times)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  laterStop({
    stop: async () => {
      child.kill('SIGKILL')
    },
  })
  const acknowledged: number[] = []
  const words = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const done = once(child, 'exit')
  await new Promise<void>((resolve) => {
    words.on('line', (line) => {
      if (line === 'ready') resolve()
      else if (line !== 'done') acknowledged.push(Number(line))
    })
  })
  return { child, acknowledged, done }
}

/** Follows the log as a hub does, by wakes alone. */
function follow(engine: NatsEngine) {
  const positions: number[] = []
  let isBehind = false
  let isReading = false
  const read = async () => {
    isBehind = true
    if (isReading) return
    isReading = true
    while (isBehind) {
      isBehind = false
      const page = await engine.read(positions.at(-1) ?? 0, atMost(100))
      positions.push(...page.entries.map(({ position }) => position))
      if (page.reached < page.head) isBehind = true
    }
    isReading = false
  }
  engine.onWake(() =>
    read().catch((error) => {
      // One that is read when the test is over.
      if (error.message !== 'This engine is closed') throw error
    }),
  )
  return positions
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe.skipIf(!hasNats)('processes on one server', { timeout: 60_000 }, () => {
  it('assign every position once, without holes, and see all events through wakes alone', async () => {
    const server = await start()
    const followers = [open(server), open(server)].map(follow)
    const publishers = await Promise.all(['a', 'b', 'c'].map((name) => startPublisher(server.url, name, 400)))
    await Promise.all(publishers.map(({ done }) => done))
    for (const seen of followers) {
      await until(() => seen.length === 2_400, 'all are seen')
      expect(seen).toEqual(range(2_400))
    }
    const engine = open(server)
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      const { entries } = await engine.read(0, atMost(1_000, [name]))
      expect(entries.map(({ data }) => Number(data))).toEqual(range(400).map((n) => n - 1))
      expect(entries.map(({ position }) => position)).toEqual(publishers[index]?.acknowledged)
    }
  })

  it('leave no hole, and keep every acknowledged event, when one process is killed', async () => {
    const server = await start()
    const engine = open(server)
    const seen = follow(engine)
    const victim = await startPublisher(server.url, 'victim', 1_000_000)
    const other = await startPublisher(server.url, 'other', 300)
    await until(() => victim.acknowledged.length > 100, 'it publishes')
    victim.child.kill('SIGKILL')
    await Promise.all([victim.done, other.done])
    const { head } = await engine.read(0, STATE)
    await until(() => seen.length === head, 'all are seen')
    expect(seen).toEqual(range(head))
    const { entries } = await engine.read(0, atMost(100_000, ['victim']))
    const stored = new Set(entries.map(({ position }) => position))
    expect(victim.acknowledged.every((position) => stored.has(position))).toBe(true)
  })
})
