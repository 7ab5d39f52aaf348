/** Grows the number of connections that get every event: memory and CPU time of each, beside the loop by hand. */
import { readFileSync } from 'node:fs'
import { spread } from '../common/spread.ts'
import { toBurst } from '../fanout/measure.ts'
import { ROWS, type RowName } from '../fanout/rows.ts'
import { CurveBuilder } from './curve.ts'
import { FieldGroup, maxOpenFiles } from './field-group.ts'
import {
  type GrowthOptions,
  type Measurement,
  type Part,
  type ScalePoint,
  sizesWithin,
} from './measurement.ts'

const ROW_NAMES: RowName[] = ['floor', 'hub']
const CONNECTIONS = [100, 300, 1_000, 3_000, 10_000, 30_000]
const QUICK_CONNECTIONS = [100, 300]
/** Sizes that the arithmetic for a million connections is checked with. */
const SCALE = [1_000, 10_000, 30_000]
const QUICK_SCALE = [100, 300]
const PAYLOAD_BYTES = 120
const SLICE_MS = 300
const MAX_UNDER_WAY = 20_000
/** Opened before the first weighing, so that code and caches are not counted. */
const WARM_UP_CONNECTIONS = 50
/** Fewer connections weigh less than the heap moves by itself. */
const LEAST_WEIGHED = 1_000
const HEARTBEAT_MS = 1_000
/** Tens of thousands of connections take minutes to open on a busy machine. */
const SERVER = { execArgv: ['--expose-gc'], timeoutMs: 600_000 }
const IDLE_MS = 6_000
/** Heartbeats before the first that is measured. */
const WARM_UP_MS = 2_000

type Limits = Pick<GrowthOptions, 'isQuick' | 'most'>
const sizes = (limits: Limits) => sizesWithin(limits, CONNECTIONS, QUICK_CONNECTIONS)
const scale = (limits: Limits) => sizesWithin(limits, SCALE, QUICK_SCALE)

export const connections: Part = {
  steps: (limits) => limits.rounds * (sizes(limits).length * ROW_NAMES.length + scale(limits).length),
  measure,
}

async function measure(options: GrowthOptions): Promise<Measurement> {
  const curves = {
    event: curve('connections-event', 'One event a turn, delivered to each connection', 'CPU µs'),
    joined: curve('connections-joined', 'Ten events a turn, each delivered to each connection', 'CPU µs'),
    accept: curve('connections-accept', 'Accepting a connection', 'CPU µs'),
    memory: curve('connections-memory', 'Memory of a connection', 'bytes'),
  }
  const events = new Map<number, { eventMs: number; eventBytes: number }[]>()
  for (let round = 1; round <= options.rounds; round++) {
    for (const connections of sizes(options)) {
      for (const row of ROW_NAMES) {
        options.step(`round ${round}: ${row}, ${connections.toLocaleString('en')} connections`)
        const { role } = ROWS[row]
        const group = await FieldGroup.start(row, connections, SERVER)
        try {
          const warm = WARM_UP_CONNECTIONS * group.processes
          await group.open(warm)
          const before = connections >= LEAST_WEIGHED ? await group.pssBytes() : 0
          const acceptMs = await group.open(connections)
          const added = connections - warm
          curves.accept.add(row, role, connections, (acceptMs * 1000) / added)
          if (connections >= LEAST_WEIGHED) {
            const bytes = (await group.pssBytes()) - before
            curves.memory.add(row, role, connections, bytes / added)
          }
          const one = await deliver(group, connections, 1)
          curves.event.add(row, role, connections, one.eventUs)
          curves.joined.add(row, role, connections, (await deliver(group, connections, 10)).eventUs)
          if (row === 'hub') {
            const known = events.get(connections) ?? []
            known.push({ eventMs: (one.eventUs * connections) / 1000, eventBytes: one.eventBytes })
            events.set(connections, known)
          }
        } finally {
          group.stop()
        }
      }
    }
  }
  const idle = await measureIdle(options)
  const points = idle.map((point): ScalePoint => {
    const known = events.get(point.connections) ?? []
    return {
      ...point,
      eventMs: spread(known.map(({ eventMs }) => eventMs)).median,
      eventBytes: spread(known.map(({ eventBytes }) => eventBytes)).median,
    }
  })
  return {
    rounds: options.rounds,
    curves: Object.values(curves).map((each) => each.build()),
    scale: points,
    maxOpenFiles: maxOpenFiles(),
  }
}

/** CPU time of the servers for each event of each connection. */
async function deliver(group: FieldGroup, subscribers: number, eventsPerTurn: number) {
  const burst = toBurst({ subscribers, eventsPerTurn, payloadBytes: PAYLOAD_BYTES }, MAX_UNDER_WAY)
  const { cpuMs } = await group.run(burst, 1)
  const bursts = Math.max(1, Math.round(SLICE_MS / cpuMs))
  const slice = await group.run(burst, bursts)
  return { eventUs: (slice.cpuMs * 1000) / slice.delivered, eventBytes: slice.bytes / slice.delivered }
}

type Idle = Omit<ScalePoint, 'eventMs' | 'eventBytes'>

/** Connections of a hub to which nothing but heartbeats goes. */
async function measureIdle(options: GrowthOptions): Promise<Idle[]> {
  const { rounds, step } = options
  const points: Idle[] = []
  for (const connections of scale(options)) {
    const found: Idle[] = []
    for (let round = 1; round <= rounds; round++) {
      step(`round ${round}: ${connections.toLocaleString('en')} idle connections`)
      const group = await FieldGroup.start('hub', connections, { ...SERVER, heartbeatMs: HEARTBEAT_MS })
      try {
        const warm = WARM_UP_CONNECTIONS * group.processes
        await group.open(warm)
        const emptyBytes = await group.pssBytes()
        const kernelBefore = kernelBytes()
        const acceptMs = await group.open(connections)
        const kernelAfter = kernelBytes()
        const share = connections / (connections - warm)
        const addedBytes = ((await group.pssBytes()) - emptyBytes) * share
        await group.idle(WARM_UP_MS)
        const { cpuMs, reads } = await group.idle(IDLE_MS)
        found.push({
          connections,
          processes: group.processes,
          emptyBytes,
          addedBytes,
          kernelBytes: (kernelAfter - kernelBefore) * share,
          acceptMs: acceptMs * share,
          heartbeatMs: (cpuMs / reads) * connections,
        })
      } finally {
        group.stop()
      }
    }
    points.push(median(found))
  }
  return points
}

function median(found: readonly Idle[]): Idle {
  const of = (field: keyof Idle) => spread(found.map((point) => point[field])).median
  return {
    connections: of('connections'),
    processes: of('processes'),
    emptyBytes: of('emptyBytes'),
    addedBytes: of('addedBytes'),
    kernelBytes: of('kernelBytes'),
    acceptMs: of('acceptMs'),
    heartbeatMs: of('heartbeatMs'),
  }
}

/** Memory of the kernel's own objects, of the whole host: sockets and files are most of what grows meanwhile. */
function kernelBytes(): number {
  const kilobytes = /^Slab:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

function curve(name: string, title: string, unit: string): CurveBuilder {
  return new CurveBuilder({ name, title, x: 'connections', unit })
}
