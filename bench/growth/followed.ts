/** Grows the number of channels of a subscription, and of all that are followed: each event goes to one connection. */
import { Child } from '../common/child.ts'
import { CurveBuilder } from './curve.ts'
import { type GrowthOptions, type Measurement, type Part, sizesWithin } from './measurement.ts'
import type { ReaderAnswer, ReaderOrder, ServerAnswer, ServerOrder } from './messages.ts'

const SUBSCRIPTION = [1, 2, 4, 8, 16, 32, 64, 128]
const QUICK_SUBSCRIPTION = [1, 128]
const SUBSCRIBERS = 1_000
const QUICK_SUBSCRIBERS = 100
const HUB = [1_000, 10_000, 100_000, 1_000_000]
const QUICK_HUB = [1_000, 10_000]
/** Channels of each connection while the hub grows: a million channels need few files. */
const CHANNELS_EACH = 128
const WARM_UP_CONNECTIONS = 50
const SLICE_MS = 300
const TURNS = 20
const EVENTS_PER_TURN = 20
const TIMEOUT_MS = 600_000

interface Size {
  readonly x: number
  readonly connections: number
  readonly channelsEach: number
}

export const subscription: Part = {
  steps: (limits) => limits.rounds * subscriptionSizes(limits).length,
  measure: (options) =>
    measureSizes(options, subscriptionSizes(options), {
      event: curve(
        'subscription-event',
        'An event to one connection, each with so many channels',
        'CPU µs',
        SUBSCRIPTION_X,
      ),
      accept: curve(
        'subscription-accept',
        'Accepting a connection with so many channels',
        'CPU µs',
        SUBSCRIPTION_X,
      ),
      memory: curve(
        'subscription-memory',
        'Memory of a connection with so many channels',
        'bytes',
        SUBSCRIPTION_X,
      ),
    }),
}
const SUBSCRIPTION_X = 'channels of a subscription'

/** Channels that connections follow. Those that only have history are in `channels.ts`. */
export const followed: Part = {
  steps: (limits) => limits.rounds * hubSizes(limits).length,
  measure: (options) =>
    measureSizes(options, hubSizes(options), {
      event: curve(
        'followed-event',
        'An event to one connection, with so many channels followed',
        'CPU µs',
        HUB_X,
      ),
    }),
}
const HUB_X = 'channels that are followed'

type Limits = Pick<GrowthOptions, 'isQuick' | 'most'>

function subscriptionSizes(limits: Limits): Size[] {
  const connections = limits.isQuick ? QUICK_SUBSCRIBERS : SUBSCRIBERS
  return sizesWithin(limits, SUBSCRIPTION, QUICK_SUBSCRIPTION).map((x) => ({
    x,
    connections,
    channelsEach: x,
  }))
}

function hubSizes(limits: Limits): Size[] {
  return sizesWithin(limits, HUB, QUICK_HUB).map((x) => ({
    x,
    connections: Math.ceil(x / CHANNELS_EACH),
    channelsEach: CHANNELS_EACH,
  }))
}

interface Curves {
  readonly event: CurveBuilder
  readonly accept?: CurveBuilder
  readonly memory?: CurveBuilder
}

async function measureSizes(
  { rounds, step }: GrowthOptions,
  sizes: readonly Size[],
  curves: Curves,
): Promise<Measurement> {
  for (let round = 1; round <= rounds; round++) {
    for (const size of sizes) {
      step(
        `round ${round}: ${size.connections.toLocaleString('en')} connections × ${size.channelsEach} channels`,
      )
      const { eventUs, acceptUs, bytes } = await measureSize(size, curves.memory !== undefined)
      curves.event.add('hub', 'ours', size.x, eventUs)
      curves.accept?.add('hub', 'ours', size.x, acceptUs)
      curves.memory?.add('hub', 'ours', size.x, bytes)
    }
  }
  return { rounds, curves: Object.values(curves).map((each: CurveBuilder) => each.build()) }
}

async function measureSize({ connections, channelsEach }: Size, weighs: boolean) {
  const server = new Child<ServerOrder, ServerAnswer>(new URL('./followed-server.ts', import.meta.url), [], {
    execArgv: ['--expose-gc'],
    timeoutMs: TIMEOUT_MS,
  })
  const reader = new Child<ReaderOrder, ReaderAnswer>(new URL('./followed-reader.ts', import.meta.url), [], {
    timeoutMs: TIMEOUT_MS,
  })
  try {
    const [{ port }] = await Promise.all([server.hear('listening'), reader.hear('ready')])
    const cpuMs = async () => (await server.ask({ type: 'cpu' }, 'cpu')).cpuMs
    const pssBytes = async () => (weighs ? (await server.ask({ type: 'pss' }, 'pss')).pssBytes : 0)
    const open = (count: number) =>
      reader.ask({ type: 'open', port, connections: count, channelsEach }, 'opened')
    const warm = Math.min(WARM_UP_CONNECTIONS, Math.floor(connections / 2))
    await open(warm)
    const bytesBefore = await pssBytes()
    const cpuBefore = await cpuMs()
    await open(connections)
    const added = connections - warm
    const acceptUs = (((await cpuMs()) - cpuBefore) * 1000) / added
    const bytes = ((await pssBytes()) - bytesBefore) / added
    await server.ask({ type: 'channels', channels: connections * channelsEach }, 'ready')
    let events = 0
    const run = async (turns: number) => {
      const before = await cpuMs()
      events += turns * EVENTS_PER_TURN
      const seen = reader.ask({ type: 'expect', events }, 'seen')
      const [{ problem }] = await Promise.all([seen, server.ask({ type: 'publish', turns }, 'published')])
      if (problem) throw new Error(problem)
      return (await cpuMs()) - before
    }
    await run(TURNS)
    const slice = Math.max(TURNS, Math.round((TURNS * SLICE_MS) / (await run(TURNS))))
    const eventUs = ((await run(slice)) * 1000) / (slice * EVENTS_PER_TURN)
    return { eventUs, acceptUs, bytes }
  } finally {
    reader.stop()
    server.stop()
  }
}

function curve(name: string, title: string, unit: string, x: string): CurveBuilder {
  return new CurveBuilder({ name, title, x, unit })
}
