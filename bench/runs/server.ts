/** One row's server, alone in its process: `node server.ts <kind> <engine> <file or url>`. */
import { defineStream, type } from '@sse/contract'
import { redis } from '@sse/redis'
import { createHub, memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { listen } from '../fanout/listen.ts'
import type { Plan, ServerAnswer, ServerOrder } from './messages.ts'
import { serveResumable } from './resumable-server.ts'
import { tokens } from './tokens.ts'

const [kind = '', engineName = '', place = ''] = process.argv.slice(2)
const contract = defineStream({
  path: '/tokens/:stream',
  heartbeatMs: Number.POSITIVE_INFINITY,
  events: { delta: type<string>() },
})
let plan: Plan = { prefix: '', streams: 1, tokensPerStream: 0, everyMs: 0 }
let openGate = () => {}
let gate = Promise.resolve()
let cpu = process.cpuUsage()
let entries = 0

/** The tokens of a stream, once the gate is open. */
async function* tokensOf(stream: string): AsyncGenerator<string, void> {
  const own = plan
  await gate
  yield* tokens(own, Number(stream.slice(own.prefix.length)))
  if (own.stays) await new Promise(() => {})
}

/** Publishes what the generator of every stream yields; only a hub's server does. */
let publishAll = (): void => {}
const port = await start()

async function start(): Promise<number> {
  if (kind === 'plain') {
    return listen(
      sse(contract, async function* ({ event, params }) {
        for await (const token of tokensOf(params.stream)) yield event('delta', token)
      }),
    )
  }
  if (kind === 'resumable') return listen(await serveResumable(place, tokensOf))
  const engine = countEntries(
    engineName === 'sqlite' ? sqlite(place) : engineName === 'redis' ? redis(place) : memory(),
  )
  if (kind === 'hub') {
    const hub = createHub(contract, { engine })
    publishAll = () => {
      for (let index = 0; index < plan.streams; index++) publishOne(`${plan.prefix}${index}`)
    }
    const publishOne = async (stream: string) => {
      for await (const token of tokensOf(stream)) await hub.publish(stream, 'delta', token)
    }
    return listen(sse(hub, { authorize: () => true, channels: ({ params }) => params.stream }))
  }
  const merge = kind === 'merged' ? { delta: (a: string, b: string) => a + b } : {}
  const runs = createRuns(contract, { engine, merge })
  return listen(
    sse(contract, ({ params }) =>
      runs.open(params.stream, async function* ({ event }) {
        for await (const token of tokensOf(params.stream)) yield event('delta', token)
      }),
    ),
  )
}

function countEntries(engine: Engine): Engine {
  const append = engine.append.bind(engine)
  engine.append = (added) => {
    entries += added.length
    return append(added)
  }
  return engine
}

process.on('message', (order: ServerOrder) => {
  if (order.type === 'prepare') {
    plan = order.plan
    gate = new Promise((resolve) => {
      openGate = resolve
    })
    return say({ type: 'prepared' })
  }
  if (order.type === 'go') {
    publishAll()
    entries = 0
    cpu = process.cpuUsage()
    openGate()
    return say({ type: 'went' })
  }
  const { rss } = process.memoryUsage()
  if (order.type === 'spent') {
    const { user, system } = process.cpuUsage(cpu)
    return say({ type: 'spent', cpuMs: (user + system) / 1000, entries, residentBytes: rss })
  }
  globalThis.gc?.()
  const after = process.memoryUsage()
  say({ type: 'weighed', heapBytes: after.heapUsed + after.external, residentBytes: after.rss })
})
process.on('disconnect', () => process.exit())
say({ type: 'listening', port })

function say(answer: ServerAnswer): void {
  process.send?.(answer)
}
