import { hasRedis } from '@sse/test-support/redis-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RedisConnection } from './connection.ts'
import { engineScope } from './fixtures/engine-scope.ts'
import type { ConnectionSettings } from './options.ts'

const { start } = engineScope()

async function connectTo(port: number, timeoutMs: number): Promise<RedisConnection> {
  const settings: ConnectionSettings = { credentials: () => ({}), tls: undefined, timeoutMs, name: 'hub' }
  const connection = await RedisConnection.open({ host: '127.0.0.1', port }, settings)
  onTestFinished(() => connection.destroy())
  return connection
}

describe.skipIf(!hasRedis)('the time limit of a command', { timeout: 60_000 }, () => {
  it('does not count the time it waits behind other commands', async () => {
    const connection = await connectTo((await start()).port, 1_500)
    // Each is answered after half a second, one after the other.
    const replies = Array.from({ length: 6 }, (_, n) => connection.send(['BLPOP', `none${n}`, '0.5']))
    expect(await Promise.all([...replies, connection.send(['ECHO', 'last'])])).toEqual([
      ...replies.map(() => null),
      'last',
    ])
  })

  it('does not count the time this process was busy after the reply had arrived', async () => {
    const connection = await connectTo((await start()).port, 300)
    const reply = connection.send(['ECHO', 'here'])
    await new Promise((resolve) => setImmediate(resolve)) // the command is written
    const until = performance.now() + 900
    while (performance.now() < until) {}
    expect(await reply).toBe('here')
  })

  it('ends every command on the connection when one is not answered, and says how long that took', async () => {
    const server = await start()
    const connection = await connectTo(server.port, 500)
    const stuck = [connection.send(['BLPOP', 'none', '0']), connection.send(['PING'])]
    for (const reply of stuck) {
      await expect(reply).rejects.toMatchObject({
        code: 'engine_unavailable',
        message: `Redis at 127.0.0.1:${server.port} has not answered for 500 ms`,
      })
    }
    expect(connection.isLost).toBe(true)
  })
})
