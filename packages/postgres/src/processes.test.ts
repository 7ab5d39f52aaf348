import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, payloads } from '@sse/test-support/entries'
import { hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost, STATE } from '@sse/test-support/read-options'
import { startScript } from '@sse/test-support/script-process'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { type PostgresEngine, postgres } from './index.ts'

const { newDatabase, open, later, laterStop } = engineScope()

const startPublisher = (url: string, channel: string, times: number) =>
  laterStop(
    startScript(new URL('fixtures/publisher-process.ts', import.meta.url), url, channel, String(times)),
  )

const acknowledged = ({ lines }: { lines: string[] }) =>
  lines.filter((line) => /^\d+$/.test(line)).map(Number)

/** Follows the log as a hub does, by wakes alone. */
function follow(engine: PostgresEngine) {
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
      if (page.entries.length === 100) isBehind = true
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

describe.skipIf(!hasPostgres)('processes on one database', { timeout: 60_000 }, () => {
  it('assign every position once, without holes, and see all events through wakes alone', async () => {
    const { url } = await newDatabase()
    const followers = [open(url), open(url)].map(follow)
    // They all find no tables, and make them at once.
    const publishers = ['a', 'b', 'c'].map((name) => startPublisher(url, name, 200))
    await Promise.all(publishers.map(({ done }) => done))
    for (const seen of followers) {
      await until(() => seen.length === 1_200, 'all are seen')
      expect(seen).toEqual(range(1_200))
    }
    const engine = open(url)
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      const { entries } = await engine.read(0, atMost(1_000, [name]))
      expect(entries.map(({ data }) => Number(data))).toEqual(range(200).map((n) => n - 1))
      expect(entries.map(({ position }) => position)).toEqual(
        acknowledged(publishers[index] as { lines: string[] }),
      )
    }
  })

  it('notify others of the last event stored before close', async () => {
    const { url } = await newDatabase()
    const seen = follow(open(url))
    for (let round = 1; round <= 20; round += 1) {
      const engine = open(url)
      for (const turn of range(5)) await engine.append([{ channel: 'a', event: 'b', data: String(turn) }])
      await engine.close()
      await until(() => seen.length === round * 5, 'all are seen')
    }
  })

  it('store whole batches and every acknowledged event, and wait for nothing, when one is killed', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const seen = follow(engine)
    const victim = startPublisher(url, 'victim', 1_000_000)
    const other = startPublisher(url, 'other', 200)
    await until(() => acknowledged(victim).length > 50, 'it publishes')
    await victim.stop()
    await other.done
    expect(other.lines.at(-1)).toBe('done')
    // The victim may have died before it could tell anybody: what the next one tells is all.
    await open(url).append(range(2).map(() => ({ channel: 'a', event: 'b', data: '1' })))
    const { head } = await engine.read(0, STATE)
    await until(() => seen.length === head, 'all are seen')
    expect(seen).toEqual(range(head))
    expect(head % 2).toBe(0)
    const { entries } = await engine.read(0, atMost(100_000, ['victim']))
    const stored = new Set(entries.map(({ position }) => position))
    expect(acknowledged(victim).every((position) => stored.has(position))).toBe(true)
  })

  it('do not wait for one that is stopped in the middle of its work', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const stopped = startPublisher(url, 'stopped', 1_000_000)
    for (let round = 0; round < 10; round += 1) {
      const before = acknowledged(stopped).length
      await until(() => acknowledged(stopped).length > before + 5, 'it publishes')
      await pause(Math.random() * 5)
      stopped.child.kill('SIGSTOP')
      await engine.append([{ channel: 'a', event: 'b', data: '1' }]) // else it is refused after a while
      stopped.child.kill('SIGCONT')
    }
  })

  it('move the committed events of one that was killed into the log, if they have a reader', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    engine.onWake(() => {})
    const inserter = laterStop(startScript(new URL('fixtures/inserter-process.ts', import.meta.url), url))
    await until(() => inserter.lines.includes('committed'), 'it has committed')
    const page = await until(async () => {
      const read = await engine.read(0, atMost(10))
      return read.head > 0 && read
    }, 'it is placed')
    expect(payloads(page.entries)).toEqual(['last words'])
  })

  it('leave an event that no process has moved to the next reader, or to the next publisher', async () => {
    const { server, url } = await newDatabase()
    const engine = open(url)
    await engine.read(0, STATE)
    const insert = (data: number) =>
      server.query(
        `INSERT INTO sse.outbox (log, channel, event, data) SELECT id, 'leads', 'lead', $1 FROM sse.logs`,
        [String(data)],
        url,
      )
    await insert(1)
    const stop = engine.onWake(() => {})
    await until(async () => (await engine.read(0, STATE)).head === 1, 'the reader has it')
    stop()
    await insert(2)
    expect((await engine.append([lead(3)])).positions).toEqual([3])
    expect(payloads((await engine.read(0, atMost(10))).entries)).toEqual([1, 2, 3])
  })

  it('move what they have inserted before they close', async () => {
    const { url } = await newDatabase()
    const engine = open(url)
    const client = new Client({ connectionString: url })
    await client.connect()
    later({ close: () => client.end() })
    await engine.insert(lead('last words'), client)
    await engine.close()
    expect(payloads((await open(url).read(0, atMost(10))).entries)).toEqual(['last words'])
  })

  it('use one connection to publish, and none after close', async () => {
    const { server, url } = await newDatabase()
    await open(url).append([lead(1)]) // creates the tables
    const relay = laterStop(await TcpProxy.open(server.port))
    const engine = open(url.replace(String(server.port), String(relay.port)))
    for (const data of [2, 3, 4]) await engine.append([lead(data)])
    expect(relay.connections).toBe(1)
    await engine.close()
    await until(() => relay.connections === 0, 'it is closed')
  })

  it('use one connection to publish, four with subscribers, whatever their number, and none after close', async () => {
    const { server, url } = await newDatabase()
    const contract = defineStream({ path: '/numbers', events: { number: type<number>() } })
    const hub = later(createHub(contract, { engine: postgres({ url, onWarning: () => {} }) }))
    await hub.publish('a', 'number', 1)
    const connections = async () => {
      const text = `SELECT count(*)::integer AS n FROM pg_stat_activity WHERE datname = $1`
      return (await server.query(text, [new URL(url).pathname.slice(1)]))[0]?.n
    }
    await until(async () => (await connections()) === 1, 'it publishes')
    const stop = new AbortController()
    for (let n = 0; n < 1_000; n += 1) {
      const read = async () => {
        for await (const _ of hub.subscribe(`c${n}`, { signal: stop.signal })) break
      }
      read().catch(() => {})
    }
    await until(async () => (await connections()) === 4, 'it follows')
    await hub.publish('a', 'number', 2)
    expect(await connections()).toBe(4)
    stop.abort()
    await hub.close()
    await until(async () => (await connections()) === 0, 'all are closed')
  })

  it('exit after close, even while the server is away', async () => {
    const { url } = await newDatabase()
    for (const [to, said] of [
      [url, 'stored'],
      ['postgres://postgres@127.0.0.1:9/postgres', 'engine_unavailable'],
    ] as const) {
      const child = laterStop(startScript(new URL('fixtures/closing-process.ts', import.meta.url), to))
      const [code] = await child.done
      expect([child.lines, code]).toEqual([[said], 0])
    }
  })
})
