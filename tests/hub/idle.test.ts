import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createHub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sse } from '@sse/server/node'
import { StreamReader } from '@sse/test-support/stream-reader'
import { TcpProxy } from '@sse/test-support/tcp-proxy'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { type EngineName, engines, startEngine } from '../fleet/engines/start-engine.ts'
import { numbers } from './numbers.ts'
import { openEngine } from './open-engine.ts'

/** Longer than what a hub does each second, and than what it does after its last client has left. */
const SETTLED_MS = 4_000
/** Longer by hand, for the figures in the documentation. */
const WINDOW_MS = Number(process.env.IDLE_WINDOW_MS ?? 12_000)

/** A process of the hub, and what it has sent to its engine so far: commands, or calls where the engine is a file. */
interface Process {
  readonly engine: Engine
  sent(): number
}

async function openProcess(
  scope: AsyncDisposableStack,
  name: EngineName,
  url: string,
  port: number | undefined,
): Promise<Process> {
  if (port === undefined) return countCalls(openEngine(name, url))
  const proxy = scope.use(await TcpProxy.open(port))
  // Either side of NATS pings the other, each at most once a minute: those are no commands.
  if (name === 'nats') proxy.isCounted = (chunk) => !/^(PING|PONG)\r\n$/.test(chunk.toString())
  const engine = openEngine(name, url.replace(`:${port}`, `:${proxy.port}`))
  return { engine, sent: () => proxy.sent }
}

function countCalls(engine: Engine): Process {
  let calls = 0
  const counted = <Thing extends object>(thing: Thing): Thing =>
    new Proxy(thing, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (typeof value === 'object' && value !== null) return counted(value)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          calls += 1
          return value.apply(target, given)
        }
      },
    })
  return { engine: counted(engine), sent: () => calls }
}

/** Opens a stream of a hub on the engine. Resolves with a function that closes it. */
async function connect(
  scope: AsyncDisposableStack,
  engine: Engine,
  identity: string | undefined,
): Promise<() => void> {
  const hub = scope.use(createHub(numbers, { engine, onError: () => {} }))
  const listener = sse(hub, { authorize: () => identity ?? true, channels: () => ['a'] })
  const server = scope.use(createServer(listener))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const reader = await StreamReader.open(`http://127.0.0.1:${port}/numbers/ada`)
  await reader.message('sse.open')
  scope.defer(() => reader.close())
  return () => reader.close()
}

/** Commands while nothing happens, in `WINDOW_MS`: at most those of one round of checks, which comes every 30 seconds. */
const ROUND: Record<EngineName, number> = {
  // The poll.
  sqlite: 1,
  // The blocked read, and the poll.
  redis: 2,
  // The poll.
  nats: 1,
  // The poll, a notification to itself, and a look at the outbox.
  postgres: 3,
}
/** NATS has no command that removes the expired leases of others: one of eight renewals searches for them. */
const SEARCH = 5

describe.concurrent.each(engines)('an idle hub on %s', (name) => {
  const timeout = WINDOW_MS + 120_000

  it('sends a few commands a minute, one more for each lease, and none without clients', {
    timeout,
  }, async () => {
    await using scope = new AsyncDisposableStack()
    const { url, server } = scope.use(await startEngine(name, false))
    const publisher = createHub(numbers, { engine: openEngine(name, url) })
    await publisher.publish('a', 'n', 1)
    await publisher.close()
    const open = () => openProcess(scope, name, url, server?.port)
    const [anonymous, signedIn, left] = await Promise.all([open(), open(), open()])
    const [, , leave] = await Promise.all([
      connect(scope, anonymous.engine, undefined),
      connect(scope, signedIn.engine, 'ada'),
      connect(scope, left.engine, 'eve'),
    ])
    leave()
    const count = () => anonymous.sent() + left.sent()
    const isSettled = async () => {
      const before = count()
      await setTimeout(SETTLED_MS)
      return count() === before
    }
    await until(isSettled, 'the hubs are quiet', { timeoutMs: 60_000 })
    const processes = [anonymous, signedIn, left]
    const before = processes.map(({ sent }) => sent())
    await setTimeout(WINDOW_MS)
    const sent = processes.map((each, index) => each.sent() - (before[index] as number))
    if (process.env.IDLE_WINDOW_MS) console.log(name, sent)
    const rounds = Math.ceil(WINDOW_MS / 30_000) * ROUND[name]
    const renewals = Math.ceil(WINDOW_MS / 7_000)
    const searches = name === 'nats' ? Math.ceil(renewals / 8) * SEARCH : 0
    // Every commit to a file wakes the other processes.
    const wakes = name === 'sqlite' ? renewals : 0
    expect(sent[0]).toBeLessThanOrEqual(rounds + wakes)
    expect(sent[1]).toBeLessThanOrEqual(rounds + renewals + searches + wakes)
    expect(sent[2]).toBe(0)
  })
})
