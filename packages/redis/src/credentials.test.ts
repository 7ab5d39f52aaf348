import { leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { STATE } from '@sse/test-support/read-options'
import { hasRedis } from '@sse/test-support/redis-server'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { start, open } = engineScope()

describe.skipIf(!hasRedis)('credentials', { timeout: 30_000 }, () => {
  it('are asked for at each connect, so that a changed password takes effect', async () => {
    const server = await start('--user', 'app', 'on', '>first', '~*', '+@all')
    let password = 'first'
    let calls = 0
    const credentials = async () => {
      calls += 1
      return { username: 'app', password }
    }
    const engine = open({ url: server.url, credentials })
    expect((await engine.append(leads(1))).positions).toEqual([1])
    expect(calls).toBe(1)
    server.command('ACL', 'SETUSER', 'app', 'resetpass', '>second')
    server.command('CLIENT', 'KILL', 'USER', 'app')
    await until(
      async () => (await failureOf(() => engine.read(0, STATE))).code === 'engine_failed',
      'it is refused',
    )
    password = 'second'
    expect((await until(() => engine.append(leads(1)), 'it signs in again')).positions).toEqual([2])
  })

  it('that cannot be loaded are reported with the reason, and loaded again', async () => {
    const server = await start()
    let isBroken = true
    const engine = open({
      url: server.url,
      timeoutMs: 300,
      credentials: async () => {
        if (isBroken) throw new Error('the vault is sealed')
        return { password: '' }
      },
    })
    expect(await failureOf(() => engine.append(leads(1)))).toEqual({
      code: 'engine_unavailable',
      message: `credentials() for Redis at 127.0.0.1:${server.port} failed: the vault is sealed`,
    })
    isBroken = false
    await until(() => engine.append(leads(1)), 'it connects')
  })

  it('that are never loaded reject within the timeout, and do not block later attempts', async () => {
    const server = await start()
    let calls = 0
    const engine = open({
      url: server.url,
      timeoutMs: 300,
      credentials: () => {
        calls += 1
        return calls === 1 ? new Promise<never>(() => {}) : { password: '' }
      },
    })
    expect((await failureOf(() => engine.append(leads(1)))).code).toBe('engine_unavailable')
    await until(() => engine.append(leads(1)), 'it connects')
  })
})
