import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { hasNats } from '@sse/test-support/nats-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { NatsEngine } from './index.ts'

const { start, open, operate, laterStop } = engineScope()
const epochOf = async (engine: NatsEngine) => (await engine.read(0, STATE)).epoch

describe.skipIf(!hasNats)('the epoch', { timeout: 30_000 }, () => {
  it('is the same for every engine and after every reconnect', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const engine = open({ servers: `nats://127.0.0.1:${proxy.port}` })
    const { epoch } = await engine.append(leads(3))
    expect(epoch).toMatch(/^[0-9a-z]{18,22}$/)
    proxy.cut()
    expect(await until(() => epochOf(engine), 'it is back')).toBe(epoch)
    expect(await epochOf(open(server))).toBe(epoch)
  })

  it('changes once when the server was started again, to the same one for every engine', async () => {
    const server = await start()
    const engines = [open(server), open(server), open(server)]
    const { epoch } = await (engines[0] as NatsEngine).append(leads(3))
    for (const engine of engines) expect(await epochOf(engine)).toBe(epoch)
    await server.kill()
    await server.start()
    const after = await Promise.all(
      [...engines, open(server)].map((engine) => until(() => epochOf(engine), 'it is back')),
    )
    expect(new Set(after).size).toBe(1)
    expect(after[0]).not.toBe(epoch)
    expect(payloads((await (engines[1] as NatsEngine).read(0, atMost(10))).entries)).toEqual([1, 2, 3])
    // Still the same after another reconnect.
    expect(await epochOf(open(server))).toBe(after[0])
  })

  it.each(['the process that saw them', 'another process', 'both at once'] as const)(
    'lets no id stand for two acknowledged events when the store loses entries and %s appends first',
    async (first) => {
      const server = await start()
      const proxy = laterStop(await TcpProxy.open(server.port))
      const witness = open({ servers: `nats://127.0.0.1:${proxy.port}`, timeoutMs: 1_000 })
      const other = open(server)
      const acknowledged: string[] = []
      const append = async (engine: NatsEngine, ...texts: string[]) => {
        const { epoch, positions } = await engine.append(texts.map((text) => lead(text)))
        acknowledged.push(...positions.map((position) => `${epoch}-${position}`))
        return true
      }
      await append(witness, 'a1', 'a2', 'a3', 'a4', 'a5')
      expect(await other.read(0, STATE)).toMatchObject({ head: 5 })
      const backup = join(server.folder, 'backup')
      await server.kill()
      cpSync(join(server.folder, 'jetstream'), backup, { recursive: true })
      await server.start()
      await until(() => append(witness, 'a6', 'a7', 'a8'), 'it continues')
      proxy.isMuted = true // the witness is alive, and does not come back before it may
      await server.kill()
      rmSync(join(server.folder, 'jetstream'), { recursive: true })
      cpSync(backup, join(server.folder, 'jetstream'), { recursive: true })
      await server.start()
      const byWitness = () => {
        proxy.isMuted = false
        return until(() => append(witness, 'a9', 'a10'), 'the witness appends')
      }
      const byOther = () => until(() => append(other, 'b1', 'b2'), 'the other appends')
      if (first === 'another process') await byOther()
      if (first === 'both at once') await Promise.all([byWitness(), byOther()])
      await byWitness()
      await byOther()
      expect(new Set(acknowledged).size).toBe(acknowledged.length)
      expect((await witness.read(0, STATE)).epoch).toBe((await other.read(0, STATE)).epoch)
    },
  )

  it('changes when the stream was deleted, and nothing is stored under its name', async () => {
    const server = await start()
    const engine = open(server)
    const other = open(server)
    const before = await engine.append([...leads(3), lead('old', { channel: 'other', idempotencyKey: 'a' })])
    await other.read(0, STATE)
    const operator = await operate(server)
    await operator.streams.delete('sse-log-hub')
    // Neither has heard of it; the first of them creates the log again.
    const [after, also] = await Promise.all([
      engine.append([lead('new', { idempotencyKey: 'a' })]),
      other.append([lead('new')]),
    ])
    expect(after.epoch).not.toBe(before.epoch)
    expect(also.epoch).toBe(after.epoch)
    expect([...after.positions, ...also.positions].sort()).toEqual([1, 2])
    const page = await engine.read(0, atMost(10, ['leads', 'other']))
    expect([page.head, payloads(page.entries)]).toEqual([2, ['new', 'new']])
  })

  it('changes for an engine that knows the deleted log only by its subjects', async () => {
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

  it('changes when the log ends before a position that was seen, as after restoring a backup', async () => {
    const server = await start()
    const engine = open(server)
    const backup = join(server.folder, 'backup')
    const before = await engine.append(leads(10))
    await server.kill()
    cpSync(join(server.folder, 'jetstream'), backup, { recursive: true })
    await server.start()
    await until(() => engine.append(leads(5, 11)), 'it continues')
    await server.kill()
    rmSync(join(server.folder, 'jetstream'), { recursive: true })
    cpSync(backup, join(server.folder, 'jetstream'), { recursive: true })
    await server.start()
    const after = await until(() => engine.read(0, atMost(100)), 'it is back')
    expect(payloads(after.entries)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(after.epoch).not.toBe(before.epoch)
    // It is stored with the log: engines that open later have it too.
    expect(await open(server).append([lead('again')])).toEqual({ epoch: after.epoch, positions: [11] })
    expect((await engine.append([lead('next')])).epoch).toBe(after.epoch)
  })

  it('changes when another process appends after a loss, before those that saw the lost entries', async () => {
    const server = await start()
    const proxy = laterStop(await TcpProxy.open(server.port))
    const engine = open({ servers: `nats://127.0.0.1:${proxy.port}`, timeoutMs: 1_000 })
    const backup = join(server.folder, 'backup')
    const before = await engine.append(leads(5))
    expect(await open(server).read(0, STATE)).toMatchObject({ head: 5 })
    await server.kill()
    cpSync(join(server.folder, 'jetstream'), backup, { recursive: true })
    await server.start()
    await until(() => engine.append([lead('lost'), lead('lost'), lead('lost')]), 'it continues')
    proxy.isMuted = true
    await server.kill()
    rmSync(join(server.folder, 'jetstream'), { recursive: true })
    cpSync(backup, join(server.folder, 'jetstream'), { recursive: true })
    await server.start()
    // Past the head that the engine has seen: positions alone do not show the loss.
    const other = open(server)
    await until(() => other.append(leads(6, 6)), 'the other process appends')
    proxy.isMuted = false
    const page = await until(() => engine.read(8, atMost(10)), 'it is back')
    expect(page.epoch).not.toBe(before.epoch)
    expect((await other.read(0, STATE)).epoch).toBe(page.epoch)
    expect((await engine.append([lead('next')])).positions).toEqual([12])
  })

  it('stays when everything was purged by hand, and missing entries are reported as trimmed', async () => {
    const server = await start()
    const engine = open(server)
    const { epoch } = await engine.append(leads(3))
    await (await operate(server)).streams.purge('sse-log-hub')
    expect(await engine.read(0, atMost(10))).toEqual({ epoch, head: 3, oldest: 4, reached: 3, entries: [] })
    expect(await engine.append([lead(4)])).toEqual({ epoch, positions: [4] })
  })

  it('stays when one message was deleted by hand, which readers of it see as trimmed', async () => {
    const server = await start()
    const engine = open(server)
    await engine.append(leads(6))
    await (await operate(server)).streams.deleteMessage('sse-log-hub', 3)
    const page = await engine.read(0, atMost(10))
    expect([page.oldest, page.head, payloads(page.entries)]).toEqual([4, 6, [4, 5, 6]])
    expect(payloads((await engine.read(3, atMost(10))).entries)).toEqual([4, 5, 6])
    // A page that ends before it shows what there is.
    expect(payloads((await engine.read(0, atMost(2))).entries)).toEqual([1, 2])
  })
})
