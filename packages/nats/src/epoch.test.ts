import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { hasNats } from '@sse/test-support/nats-server'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { NatsEngine } from './index.ts'

const { start, open, operate, laterStop } = engineScope()
const epochOf = async (engine: NatsEngine) => (await engine.read(0, 0)).epoch

describe.skipIf(!hasNats)('the epoch', { timeout: 30_000 }, () => {
  it('is the same for every engine, after any reconnect and over a restart of the server', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const engine = open({ servers: `nats://127.0.0.1:${proxy.port}` })
    const { epoch } = await engine.append(leads(3))
    expect(epoch).toMatch(/^[0-9a-z]{18,22}$/)
    proxy.cut()
    expect(await until(() => epochOf(engine), 'it is back')).toBe(epoch)
    expect(await epochOf(open(server))).toBe(epoch)
    await server.kill()
    await server.start()
    expect(await until(() => epochOf(engine), 'it is back')).toBe(epoch)
  })

  it('is another when the stream was deleted: nothing of the old log is left, nothing is stored in its name', async () => {
    const server = await start()
    const engine = open(server)
    const other = open(server)
    const before = await engine.append([...leads(3), lead('old', { channel: 'other', idempotencyKey: 'a' })])
    await other.read(0, 0)
    const operator = await operate(server)
    await operator.streams.delete('sse-log-hub')
    // Neither has heard of it; whoever is first makes the log anew.
    const [after, also] = await Promise.all([
      engine.append([lead('new', { idempotencyKey: 'a' })]),
      other.append([lead('new')]),
    ])
    expect(after.epoch).not.toBe(before.epoch)
    expect(also.epoch).toBe(after.epoch)
    expect([...after.positions, ...also.positions].sort()).toEqual([1, 2])
    const page = await engine.read(0, 10, ['leads', 'other'])
    expect([page.head, payloads(page.entries)]).toEqual([2, ['new', 'new']])
  })

  it('is another for who knows the deleted log only by its subjects', async () => {
    const server = await start()
    const engine = open(server)
    const before = await engine.append(leads(2))
    const operator = await operate(server)
    await operator.streams.delete('sse-log-hub')
    // More of the new log than there was of the old: positions alone do not tell.
    await open(server).append(leads(10))
    const after = await engine.append([lead(11)])
    expect(after.positions).toEqual([11])
    expect(after.epoch).not.toBe(before.epoch)
  })

  it('is another when the log ends before what was seen of it, as after a backup was restored', async () => {
    const server = await start()
    const engine = open(server)
    const backup = join(server.folder, 'backup')
    const before = await engine.append(leads(10))
    await server.kill()
    cpSync(join(server.folder, 'jetstream'), backup, { recursive: true })
    await server.start()
    await until(() => engine.append(leads(5, 11)), 'it goes on')
    await server.kill()
    rmSync(join(server.folder, 'jetstream'), { recursive: true })
    cpSync(backup, join(server.folder, 'jetstream'), { recursive: true })
    await server.start()
    const after = await until(() => engine.read(0, 100), 'it is back')
    expect(payloads(after.entries)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(after.epoch).not.toBe(before.epoch)
    // It is kept with the log: who comes later hears of it.
    expect(await open(server).append([lead('again')])).toEqual({ epoch: after.epoch, positions: [11] })
    expect((await engine.append([lead('next')])).epoch).toBe(after.epoch)
  })

  it('stays when everything was purged by hand, and what is missing is told as trimmed', async () => {
    const server = await start()
    const engine = open(server)
    const { epoch } = await engine.append(leads(3))
    await (await operate(server)).streams.purge('sse-log-hub')
    expect(await engine.read(0, 10)).toEqual({ epoch, head: 3, oldest: 4, entries: [] })
    expect(await engine.append([lead(4)])).toEqual({ epoch, positions: [4] })
  })

  it('a message that was deleted by hand is told as trimmed to who would have read it', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(6))
    await (await operate(server)).streams.deleteMessage('sse-log-hub', 3)
    const page = await engine.read(0, 10)
    expect([page.oldest, page.head, payloads(page.entries)]).toEqual([4, 6, [4, 5, 6]])
    expect(payloads((await engine.read(3, 10)).entries)).toEqual([4, 5, 6])
    // A page that ends before it shows what there is.
    expect(payloads((await engine.read(0, 2)).entries)).toEqual([1, 2])
  })
})
