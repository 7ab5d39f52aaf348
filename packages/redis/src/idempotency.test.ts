import { lead } from '@sse/test-support/entries'
import { hasRedis } from '@sse/test-support/redis-server'
import { KEEP_ALL } from '@sse/test-support/retention'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { start, open } = engineScope()

describe.skipIf(!hasRedis)('an idempotency key', () => {
  it('counts for its channel alone, in one batch and in several', async () => {
    const engine = open(await start())
    const at = (channel: string) => lead(1, { channel, idempotencyKey: 'k' })
    expect((await engine.append([at('a'), at('b'), at('a')])).positions).toEqual([1, 2, 1])
    expect((await engine.append([at('b'), at('c'), at('a')])).positions).toEqual([2, 3, 1])
  })

  it('is never confused with that of a channel whose name continues it', async () => {
    const engine = open(await start())
    const pair = [
      lead(1, { channel: 'a:b', idempotencyKey: 'c' }),
      lead(2, { channel: 'a', idempotencyKey: 'b:c' }),
    ]
    expect((await engine.append(pair)).positions).toEqual([1, 2])
  })

  it('is free again for its channel once its event is trimmed', async () => {
    const engine = open(await start())
    const at = (channel: string) => lead(1, { channel, idempotencyKey: 'k' })
    await engine.append([at('a'), at('b')])
    await engine.trim({ ...KEEP_ALL, maxEvents: 1 })
    expect((await engine.append([at('b'), at('a')])).positions).toEqual([2, 3])
  })
})
