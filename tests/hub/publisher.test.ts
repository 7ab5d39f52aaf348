import { createHub } from '@sse/server'
import { startScript } from '@sse/test-support/script-process'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { describe, expect, it } from 'vitest'
import { engines, isServer, startEngine } from '../fleet/engines/start-engine.ts'
import { numbers } from './numbers.ts'
import { openEngine } from './open-engine.ts'

const script = new URL('publisher-process.ts', import.meta.url)
const EVENTS = 2_000
/** Less than a twentieth of what the log contains. */
const MAX_BYTES = 10_000

describe.concurrent.each(engines.filter(isServer))('a process that publishes once on %s', (name) => {
  it('opens one connection, reads nothing of the log, and exits after close', async () => {
    await using scope = new AsyncDisposableStack()
    const { url, server } = scope.use(await startEngine(name, false))
    const { port } = server as NonNullable<typeof server>
    const hub = scope.use(createHub(numbers, { engine: openEngine(name, url) }))
    await Promise.all(Array.from({ length: EVENTS }, () => hub.publish('a'.repeat(100), 'n', 1)))
    const proxy = scope.use(await TcpProxy.open(port))
    const job = startScript(script, name, url.replace(`:${port}`, `:${proxy.port}`))
    scope.defer(() => job.stop())
    expect(await job.done).toEqual([0, null])
    expect(job.lines).toEqual([expect.stringMatching(`-${(EVENTS + 1).toString(36)}$`)])
    expect([proxy.opened, proxy.connections]).toEqual([1, 0])
    expect(proxy.receivedBytes).toBeLessThan(MAX_BYTES)
  }, 120_000)
})

describe.skipIf(!engines.includes('sqlite'))('a process that publishes once on sqlite', () => {
  it('exits after close', async () => {
    await using engine = await startEngine('sqlite')
    const job = startScript(script, 'sqlite', engine.url)
    expect(await job.done).toEqual([0, null])
    expect(job.lines).toEqual([expect.stringMatching(/-1$/)])
  }, 120_000)
})
