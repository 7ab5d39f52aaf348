import { setTimeout as pause } from 'node:timers/promises'
import { lead, payloads } from '@sse/test-support/entries'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import type { PostgresEngine } from './index.ts'

const { newDatabase, open, later } = engineScope()

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  later({ close: () => client.end() })
  return client
}

/** Inserts in a separate transaction that stays open for a while. */
async function publishIn(
  client: Client,
  engine: PostgresEngine,
  data: unknown,
  openMs: number,
  end = 'COMMIT',
) {
  await client.query('BEGIN')
  await engine.insert(lead(data), (text, params) => client.query(text, params))
  await pause(openMs)
  await client.query(end)
}

/** Follows the log as a hub does: by position alone. */
function follow(engine: PostgresEngine) {
  const seen: { position: number; data: unknown }[] = []
  const stop = new AbortController()
  const run = async () => {
    while (!stop.signal.aborted) {
      const { entries } = await engine.read(seen.at(-1)?.position ?? 0, atMost(1_000))
      seen.push(...entries.map(({ position, data }) => ({ position, data: JSON.parse(data) })))
      await pause(1)
    }
  }
  const done = run()
  return {
    seen,
    stop: () => {
      stop.abort()
      return done
    },
  }
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe.skipIf(!hasPostgres)('concurrent writers', { timeout: 60_000 }, () => {
  it('lose nothing with transactions of 0 to 10 ms, some of them rolled back', async () => {
    const { url } = await newDatabase()
    const engines = [open(url), open(url)] as const
    await engines[0].read(0, STATE)
    const reader = follow(open(url))
    const expected: string[] = []
    const write = async (writer: number) => {
      const client = await connect(url)
      const engine = engines[writer % 2] as PostgresEngine
      for (let turn = 0; turn < 100; turn += 1) {
        const data = `${writer}/${turn}`
        const isKept = Math.random() < 0.9
        if (isKept) expected.push(data)
        await publishIn(client, engine, data, Math.random() * 10, isKept ? 'COMMIT' : 'ROLLBACK')
      }
    }
    const publish = async () => {
      for (let turn = 0; turn < 100; turn += 1) {
        expected.push(`hub/${turn}`)
        await engines[0].append([lead(`hub/${turn}`)])
        await pause(Math.random() * 5)
      }
    }
    await Promise.all([...range(6).map(write), publish()])
    await until(() => reader.seen.length >= expected.length, 'all are seen')
    await reader.stop()
    expect(reader.seen.map(({ position }) => position)).toEqual(range(expected.length))
    expect(reader.seen.map(({ data }) => data).sort()).toEqual(expected.sort())
  })

  it('keep the events of one transaction together in order, and those of one writer too', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const clients = await Promise.all(range(4).map(() => connect(url)))
    await Promise.all(
      clients.map(async (client, writer) => {
        for (let turn = 0; turn < 30; turn += 1) {
          await client.query('BEGIN')
          for (const part of [0, 1, 2]) {
            await engine.insert(lead([writer, turn, part]), (text, params) => client.query(text, params))
          }
          await client.query('COMMIT')
        }
      }),
    )
    await until(async () => (await engine.read(0, STATE)).head === 360, 'all are in the log')
    const all = payloads((await engine.read(0, atMost(1_000))).entries) as [number, number, number][]
    for (const writer of [0, 1, 2, 3]) {
      const own = all.filter(([by]) => by === writer).map(([, turn, part]) => turn * 3 + part)
      expect(own).toEqual(range(90).map((n) => n - 1))
    }
  })

  it.each([
    ['an unrelated long write transaction', (client: Client) => client.query('INSERT INTO other VALUES (1)')],
    [
      'a publisher’s own long transaction',
      (client: Client, engine: PostgresEngine) =>
        engine.insert(lead('long', { idempotencyKey: 'long' }), (text, params) => client.query(text, params)),
    ],
  ])('are not stalled by %s, nor are readers', async (_, begin) => {
    const { server, url } = await newDatabase()
    await server.query('CREATE TABLE other (n integer)', [], url)
    const [engine, other] = [open(url), open(url)]
    await engine.append([lead('first')])
    const [holder, writer] = [await connect(url), await connect(url)]
    await holder.query('BEGIN')
    await begin(holder, engine)
    const reader = follow(other)
    for (let turn = 0; turn < 20; turn += 1) {
      await engine.append([lead(`hub/${turn}`)])
      await other.append([lead(`other/${turn}`)])
      await publishIn(writer, engine, `app/${turn}`, 0)
      await engine.trim({ maxEvents: 1_000, maxAgeMs: 60_000, maxCommitAgeMs: Number.POSITIVE_INFINITY })
      await engine.commit('ada', { epoch: 'e', position: turn })
    }
    // All of it while the transaction is still open.
    await until(() => reader.seen.length === 61, 'all are seen')
    const isOpen = await server.query(
      `SELECT count(*)::integer AS n FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = $1`,
      [new URL(url).pathname.slice(1)],
    )
    expect(isOpen).toEqual([{ n: 1 }])
    await holder.query('COMMIT')
    await engine.append([lead('last')])
    await until(() => reader.seen.at(-1)?.data === 'last', 'the rest is seen')
    await reader.stop()
    expect(reader.seen.map(({ position }) => position)).toEqual(range(reader.seen.length))
  })
})
