import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead, leads, payloads } from '@sse/test-support/entries'
import { freePort } from '@sse/test-support/free-port'
import { hasNats, NatsServer } from '@sse/test-support/nats-server'
import { atMost, STATE } from '@sse/test-support/read-options'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { nats } from './index.ts'

const { open, operate, later, laterStop } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<number>() } })
/** Of the servers and of the stream, one after the other, on a busy machine. */
const ELECTION_MS = 40_000
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Three servers that keep streams together, by name. */
async function startCluster(): Promise<Map<string, NatsServer>> {
  const ports = [await freePort(), await freePort(), await freePort()]
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')
  const servers = new Map<string, NatsServer>()
  for (const [index, port] of ports.entries()) {
    const config = `
      server_name: n${index}
      jetstream { store_dir: "FOLDER" }
      cluster { name: sse, listen: "127.0.0.1:${port}", routes: [${routes}] }`
    servers.set(`n${index}`, laterStop(new NatsServer(await freePort(), config)))
  }
  await Promise.all([...servers.values()].map((server) => server.start()))
  return servers
}

/**
 * Creates the streams of the hub with three replicas. On a version that the engine refuses for this, because its
 * replicas may diverge, the operator adds the replicas.
 *
 * @returns whether replicas are safe on this version.
 */
async function createStreams(servers: readonly string[]): Promise<boolean> {
  const outcome = await until(
    () =>
      open({ servers, replicas: 3, timeoutMs: 2_000 })
        .read(0, STATE)
        .catch((error: Error) => {
          if (/requires version/.test(error.message)) return 'refused' as const
          throw error
        }),
    'the cluster has a leader',
    { timeoutMs: ELECTION_MS },
  )
  if (outcome !== 'refused') return true
  const first = open({ servers, timeoutMs: 2_000 })
  const use = async () => {
    await first.read(0, STATE)
    return first.committed(['ada'])
  }
  await until(use, 'the streams are there', { timeoutMs: ELECTION_MS })
  const operator = await operate({ url: servers[0] as string })
  for (const kind of ['log', 'commits', 'presence']) {
    const stream = `sse-${kind}-hub`
    await operator.streams.update(stream, { num_replicas: 3 })
    const isCurrent = async () => {
      const { leader, replicas = [] } = (await operator.streams.info(stream)).cluster ?? {}
      return leader && replicas.length === 2 && replicas.every(({ current }) => current)
    }
    await until(isCurrent, `${stream} has its replicas`, {
      timeoutMs: ELECTION_MS,
    })
  }
  return false
}

describe.skipIf(!hasNats)('a cluster', { timeout: 120_000 }, () => {
  it('loses no acknowledged event, keeps its epoch and delivers each event once when the leader is killed', async () => {
    const cluster = await startCluster()
    const servers = [...cluster.values()].map(({ url }) => url)
    await createStreams(servers)
    const options = { servers, timeoutMs: 2_000, onWarning: () => {} }
    const probe = open(options)
    const { epoch } = await until(
      () => probe.append([lead('first', { channel: 'probe' })]),
      'it has a leader',
    )
    const hubs = [1, 2].map(() => later(createHub(numbers, { engine: nats(options), onError: () => {} })))
    const [publisher, follower] = hubs as [(typeof hubs)[0], (typeof hubs)[0]]
    const seen: unknown[] = []
    const from = await publisher.publish('a', 'number', 0)
    const read = async () => {
      for await (const { event, payload } of follower.subscribe('a', { after: from })) {
        seen.push(event === 'gap' ? 'gap' : payload)
      }
    }
    read()
    const publish = (n: number) =>
      until(() => publisher.publish('a', 'number', n, { idempotencyKey: `n${n}` }), `${n} is published`, {
        timeoutMs: ELECTION_MS,
      })
    for (const n of range(50)) await publish(n)
    const [survivor] = [...cluster.values()].toReversed()
    const operator = await operate(survivor as NatsServer)
    const leader = (await operator.streams.info('sse-log-hub')).cluster?.leader ?? ''
    await cluster.get(leader)?.kill()
    for (const n of range(100).slice(50)) await publish(n)
    await until(() => seen.length >= 100, 'all are seen')
    expect(seen).toEqual(range(100))
    const page = await until(() => open(options).read(0, atMost(1_000, ['a'])), 'it can be read')
    expect([page.epoch, payloads(page.entries)]).toEqual([epoch, [0, ...range(100)]])
  })

  it('stores the highest of many commits of one subscriber at once, and rejects none', async () => {
    const servers = [...(await startCluster()).values()].map(({ url }) => url)
    const isSafe = await createStreams(servers)
    const engines = servers.map((url) => open({ servers: url, onWarning: () => {} }))
    for (const round of range(20)) {
      const commits = range(6).map((n) =>
        engines[n % 3]?.commit('ada', { epoch: 'e', position: round * 10 + n }),
      )
      await Promise.all(commits)
      const held = (await engines[0]?.committed(['ada']))?.get('ada')
      // Unsafe versions accept two messages over the same one.
      if (isSafe) expect(held).toEqual({ epoch: 'e', position: round * 10 + 6 })
    }
    for (const name of ['p', 'q']) await engines[0]?.presence.enter(name, [], 60_000)
    const touches = range(20).map((n) => engines[n % 3]?.presence.touch(n % 2 ? 'p' : 'q', 60_000))
    expect(await Promise.all(touches)).toEqual(touches.map(() => true))
  })

  it('reads through one server at once what another has acknowledged', async () => {
    const servers = [...(await startCluster()).values()].map(({ url }) => url)
    await createStreams(servers)
    const engines = servers.map((url) => open({ servers: url, timeoutMs: 2_000, onWarning: () => {} }))
    const [writer, ...readers] = engines
    await until(() => writer?.append(leads(1)), 'it has a leader', { timeoutMs: ELECTION_MS })
    for (const n of range(60)) {
      await writer?.append([lead(n + 1)])
      for (const reader of readers) {
        const whole = await reader.read(n, atMost(10))
        const own = await reader.read(n, atMost(10, ['leads']))
        expect([whole.head, payloads(whole.entries), payloads(own.entries)]).toEqual([
          n + 1,
          [n + 1],
          [n + 1],
        ])
      }
      await writer?.commit('ada', { epoch: 'e', position: n })
      expect((await readers[0]?.committed(['ada']))?.get('ada')).toEqual({ epoch: 'e', position: n })
    }
  })
})
