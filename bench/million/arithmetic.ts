import type { ScalePoint } from '../growth/measurement.ts'

const MILLION = 1_000_000
/** Time between heartbeats of a contract that says nothing else. */
export const HEARTBEAT_S = 15
/** Connections of one process: most systems let it open more files, but a restart should not move more at once. */
export const PER_PROCESS = 25_000
/** What the example publishes to everyone. */
const EVENTS_PER_SECOND = 1
/** Time in which all connections are accepted after a restart of everything. */
const RECONNECT_S = 60
const MB = 1e6
const GB = 1e9

/** One figure of the smallest size that was measured, and what it says about the larger ones. */
export interface Prediction {
  readonly what: string
  readonly unit: string
  readonly base: number
  readonly checks: readonly { readonly predicted: number; readonly measured: number }[]
}

const FIGURES: readonly [
  what: string,
  unit: string,
  of: (point: ScalePoint) => number,
  /** What a process takes without connections. */
  fixed: (point: ScalePoint) => number,
][] = [
  [
    'memory of the server processes',
    'MB',
    (p) => (p.emptyBytes + p.addedBytes) / MB,
    (p) => p.emptyBytes / MB,
  ],
  ['kernel memory, both ends', 'MB', (p) => p.kernelBytes / MB, () => 0],
  ['CPU to accept all', 'ms', (p) => p.acceptMs, () => 0],
  ['CPU of a heartbeat to all', 'ms', (p) => p.heartbeatMs, () => 0],
  ['CPU of an event to all', 'ms', (p) => p.eventMs, () => 0],
]

/** Multiplies the figures of the first point by the connections of each other one: all grow with them alone. */
export function predictions([base, ...others]: readonly ScalePoint[]): Prediction[] {
  if (!base) return []
  return FIGURES.map(([what, unit, of, fixed]) => ({
    what,
    unit,
    base: of(base),
    checks: others.map((point) => ({
      predicted:
        (fixed(base) / base.processes) * point.processes +
        ((of(base) - fixed(base)) * point.connections) / base.connections,
      measured: of(point),
    })),
  }))
}

/** A line of the table for a million connections. */
export interface Resource {
  readonly what: string
  readonly how: string
  readonly result: string
}

/** What a million connections need, from the largest size that was measured. */
export function resourcesOfAMillion(scale: readonly ScalePoint[]): Resource[] {
  const point = scale.at(-1)
  if (!point) return []
  const each = (value: number) => value / point.connections
  const processes = Math.ceil(MILLION / PER_PROCESS)
  const memory = each(point.addedBytes) * MILLION + (point.emptyBytes / point.processes) * processes
  const kernel = (each(point.kernelBytes) / 2) * MILLION
  const heartbeatUs = each(point.heartbeatMs) * 1_000
  const eventUs = each(point.eventMs) * 1_000
  const acceptUs = each(point.acceptMs) * 1_000
  const cores = (us: number, perSecond: number) => (us * perSecond) / MILLION
  const heartbeatCores = cores(heartbeatUs, MILLION / HEARTBEAT_S)
  const eventCores = cores(eventUs, MILLION * EVENTS_PER_SECOND)
  return [
    {
      what: 'server processes',
      how: `1,000,000 / ${PER_PROCESS.toLocaleString('en')} connections each`,
      result: String(processes),
    },
    {
      what: 'memory of the processes',
      how: `1,000,000 × ${Math.round(each(point.addedBytes)).toLocaleString('en')} B + ${processes} × ${Math.round(point.emptyBytes / point.processes / MB)} MB`,
      result: `${(memory / GB).toFixed(1)} GB`,
    },
    {
      what: 'memory of the kernel, the server’s end',
      how: `1,000,000 × ${Math.round(each(point.kernelBytes) / 2).toLocaleString('en')} B, half of both ends`,
      result: `${(kernel / GB).toFixed(1)} GB`,
    },
    {
      what: `idle: heartbeats, one each ${HEARTBEAT_S} s`,
      how: `${Math.round(MILLION / HEARTBEAT_S).toLocaleString('en')} a second × ${heartbeatUs.toFixed(1)} µs`,
      result: `${heartbeatCores.toFixed(2)} cores`,
    },
    {
      what: 'an event a second to everyone',
      how: `1,000,000 a second × ${eventUs.toFixed(1)} µs`,
      result: `${eventCores.toFixed(1)} cores`,
    },
    {
      what: 'bytes of that event',
      how: `1,000,000 a second × ${Math.round(point.eventBytes)} B, without TCP and IP`,
      result: `${((point.eventBytes * MILLION * 8) / GB).toFixed(2)} Gbit/s`,
    },
    {
      what: `all reconnect within ${RECONNECT_S} s`,
      how: `1,000,000 × ${acceptUs.toFixed(0)} µs / ${RECONNECT_S} s`,
      result: `${(cores(acceptUs, MILLION) / RECONNECT_S).toFixed(1)} cores meanwhile`,
    },
  ]
}
