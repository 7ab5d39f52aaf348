import { hasRedis } from '@sse/test-support/redis-server'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { start, open } = engineScope()
const members = (count: number, channel: string) =>
  Array.from({ length: count }, (_, n) => ({ channel, identity: `i${n}` }))

describe.skipIf(!hasRedis)('presence of many members', { timeout: 60_000 }, () => {
  it('is written in commands of a bounded size', async () => {
    const server = await start()
    const { presence } = open(server)
    await presence.enter('p', members(4_000, 'a'), 60_000)
    expect(await presence.present('a')).toHaveLength(4_000)
    await presence.leave('p', members(3_999, 'a'))
    expect(await presence.present('a')).toEqual(['i3999'])
    const scripts = /^cmdstat_eval(?:sha)?:calls=(\d+)/gm
    const calls = [...server.command('INFO', 'commandstats').matchAll(scripts)]
    expect(calls.reduce((sum, [, count]) => sum + Number(count), 0)).toBeGreaterThanOrEqual(16)
  })

  it('of a process that comes back after its lease is that of its new life alone', async () => {
    const server = await start()
    const { presence } = open(server)
    await presence.enter('p', members(3_000, 'old'), 1)
    await presence.enter('p', members(2, 'new'), 60_000)
    expect(await presence.present('old')).toEqual([])
    expect(await presence.present('new')).toHaveLength(2)
    expect(server.command('KEYS', '*present:c:old')).toBe('')
  })

  it('of a process that crashed is removed piece by piece by the others', async () => {
    const server = await start()
    const { presence } = open(server)
    await presence.enter('crashed', members(1_200, 'a'), 1)
    await presence.enter('p', [], 60_000)
    for (let n = 0; n < 4; n += 1) expect(await presence.touch('p', 60_000)).toBe(true)
    expect(server.command('KEYS', '*present*')).toBe('')
  })
})
