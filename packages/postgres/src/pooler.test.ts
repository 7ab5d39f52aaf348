import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { engineSuite, type OpenedEngine } from '@sse/engine-conformance'
import { createHub, type Hub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { hasPgbouncer, startPgbouncer } from '@sse/test-support/pgbouncer'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { postgres } from './index.ts'

const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })
const { newDatabase, open, later, laterStop } = engineScope()

async function startPooled() {
  const { server, url } = await newDatabase()
  const pooler = laterStop(await startPgbouncer(server.port))
  return { server, listenUrl: url, url: url.replace(String(server.port), String(pooler.port)) }
}

describe.skipIf(!hasPostgres || !hasPgbouncer)('PgBouncer in transaction mode', { timeout: 60_000 }, () => {
  it('serves every connection but the one that listens', async () => {
    const { url, listenUrl } = await startPooled()
    const warnings: string[] = []
    const options = { url, listenUrl, onWarning: (warning: string) => warnings.push(warning) }
    const [engine, other] = [open(options), open(options)]
    let wakes = 0
    other.onWake(() => {
      wakes += 1
    })
    await until(() => wakes > 0, 'it listens')
    const [first] = await Promise.all([engine.append(leads(500)), other.append(leads(500))])
    expect(await other.read(0, atMost(1_000, ['leads']))).toMatchObject({ head: 1_000, epoch: first.epoch })
    const before = wakes
    await engine.append(leads(1))
    await until(() => wakes > before, 'it is woken')
    const client = new Client({ connectionString: url })
    await client.connect()
    later({ close: () => client.end() })
    await client.query('BEGIN')
    await engine.insert(lead('app'), (text, params) => client.query(text, params))
    await client.query('COMMIT')
    await until(async () => (await other.read(0, STATE)).head === 1_002, 'it is placed')
    expect(payloads((await other.read(1_001, atMost(1))).entries)).toEqual(['app'])
    await engine.trim({ maxEvents: 10, maxAgeMs: 60_000, maxCommitAgeMs: Number.POSITIVE_INFINITY })
    await engine.commit('ada', { epoch: 'e', position: 1 })
    expect((await other.committed(['ada'])).get('ada')).toEqual({ epoch: 'e', position: 1 })
    await engine.presence.enter('p', [{ channel: 'a', identity: 'ada' }], 10_000)
    expect(await other.presence.present('a')).toEqual(['ada'])
    expect(warnings.filter((warning) => !warning.includes('fsync'))).toEqual([])
  })

  it('is warned about without `listenUrl`, and events of other processes are found by polling', async () => {
    const { url } = await startPooled()
    const warnings: string[] = []
    const engine = open({ url, onWarning: (warning) => warnings.push(warning) })
    engine.onWake(() => {})
    await until(() => warnings.some((warning) => warning.includes('as `listenUrl`')), 'it warns')
    expect(engine.hasReliableWakes).toBe(false)
    const [hub, other] = [engine, open({ url, onWarning: () => {} })].map((each) =>
      later(createHub(numbers, { engine: each, onError: () => {} })),
    ) as [Hub<typeof numbers>, Hub<typeof numbers>]
    const from = await other.publish('a', 'number', 1)
    const next = hub.subscribe('a', { after: from })[Symbol.asyncIterator]().next()
    await pause(6_000) // the hub is quiet
    await other.publish('a', 'number', 2)
    const late = pause(10_000).then(() => 'later than in 10 seconds')
    expect(await Promise.race([next, late])).toMatchObject({ value: { payload: 2 } })
  })

  it('is reported as unavailable without its server, and as failed for an unknown database', async () => {
    const pooler = laterStop(await startPgbouncer(9))
    const url = `postgres://postgres@127.0.0.1:${pooler.port}/app`
    const since = performance.now()
    expect((await failureOf(() => open({ url, timeoutMs: 500 }).append(leads(1)))).code).toBe(
      'engine_unavailable',
    )
    expect(performance.now() - since).toBeLessThan(3_000)
    const { url: pooled } = await startPooled()
    const { code, message } = await failureOf(() =>
      open(pooled.replace(/[^/]*$/, 'nothing')).append(leads(1)),
    )
    expect([code, message]).toEqual([
      'engine_failed',
      expect.stringContaining('has no database of that name'),
    ])
  })

  it('passes the conformance suite', async () => {
    const { url, listenUrl } = await startPooled()
    let logs = 0
    const openLog = async (): Promise<OpenedEngine> => {
      logs += 1
      const name = `log-${logs}`
      const engines: ReturnType<typeof postgres>[] = []
      const connect = () => {
        const engine = postgres({ url, listenUrl, name, onWarning: () => {} })
        engines.push(engine)
        return engine
      }
      return {
        engine: connect(),
        another: async () => connect(),
        reopen: async () => connect(),
        close: async () => {
          for (const engine of engines) await engine.close()
        },
      }
    }
    const abilities = ['another', 'reopen', 'presence'] as const
    const cases = engineSuite({ name: 'pooled', open: openLog, abilities, seeds: 2 })
    for (const { name, run } of cases.filter(({ name }) =>
      /engines on one log|seeds|idempotency/.test(name),
    )) {
      await run().catch((error) => {
        throw new Error(name, { cause: error })
      })
    }
  })
})
