import type { Role } from '../common/plot.ts'
import type { Tick } from './tick.ts'

/** One way to send the same events to many connections. Its file is loaded in a process of its own. */
export interface Row {
  role: Role
  protocol: 'sse' | 'websocket'
  /** The packages whose versions the report names. */
  packages: readonly string[]
}

/** A server that sends what is published to everyone who asks for `GET /ticks`. */
export interface Publisher {
  port: number
  /** Publishes one turn's events. Resolves when they are published, not when they are sent. */
  publish(ticks: readonly Tick[]): void | Promise<void>
  /** CPU time spent so far, in milliseconds, where it is not this process that serves. */
  cpuMs?: () => number
}

export interface PublisherOptions {
  /** Of each connection; `Infinity`: none. */
  heartbeatMs: number
  /** How long a connection may take nothing, for rows that ask. */
  stallTimeoutMs?: number
}

/** What a row's file exports. */
export type StartPublisher = (options: PublisherOptions) => Promise<Publisher>

export const ROWS = {
  floor: { role: 'floor', protocol: 'sse', packages: [] },
  'res-write': { role: 'peer', protocol: 'sse', packages: [] },
  hub: { role: 'ours', protocol: 'sse', packages: ['@sse/server'] },
  'better-sse': { role: 'peer', protocol: 'sse', packages: ['better-sse'] },
  'fastify-sse': { role: 'peer', protocol: 'sse', packages: ['@fastify/sse', 'fastify'] },
  ws: { role: 'peer', protocol: 'websocket', packages: ['ws'] },
  nchan: { role: 'peer', protocol: 'sse', packages: [] },
  'hub-otel': { role: 'ours', protocol: 'sse', packages: ['@sse/otel', '@opentelemetry/sdk-metrics'] },
  'hub-traced': { role: 'ours', protocol: 'sse', packages: ['@sse/otel', '@opentelemetry/sdk-trace'] },
} as const satisfies Record<string, Row>

export type RowName = keyof typeof ROWS

/** Rows that are measured against the hub instead of the floor. */
export const TELEMETRY_ROWS: readonly RowName[] = ['hub-otel', 'hub-traced']

export const ROW_NAMES = (Object.keys(ROWS) as RowName[]).filter((name) => !TELEMETRY_ROWS.includes(name))
