import type { Server } from 'node:net'
import type { Role } from '../common/plot.ts'
import type { Ticks } from './ticks.ts'

/** One way to stream a generator. Its file is loaded in a process of its own. */
export interface Row {
  role: Role
  /** The packages whose versions the report names. */
  packages: readonly string[]
}

/** What a row's file exports: a listening server that streams `ticks` to `GET /ticks`. */
export type Listen = (ticks: Ticks) => Server | Promise<Server>

export const ROWS = {
  plain: { role: 'floor', packages: [] },
  coalesced: { role: 'ceiling', packages: [] },
  'sse-node': { role: 'ours', packages: ['@sse/server'] },
  'sse-express': { role: 'ours', packages: ['@sse/server', 'express'] },
  'sse-fastify': { role: 'ours', packages: ['@sse/server', 'fastify'] },
  'sse-hono': { role: 'ours', packages: ['@sse/server', 'hono', '@hono/node-server'] },
  'better-sse': { role: 'peer', packages: ['better-sse'] },
  'fastify-sse': { role: 'peer', packages: ['@fastify/sse', 'fastify'] },
  h3: { role: 'peer', packages: ['h3'] },
  hono: { role: 'peer', packages: ['hono', '@hono/node-server'] },
  trpc: { role: 'peer', packages: ['@trpc/server'] },
  orpc: { role: 'peer', packages: ['@orpc/server'] },
} as const satisfies Record<string, Row>

export type RowName = keyof typeof ROWS

export const ROW_NAMES = Object.keys(ROWS) as RowName[]
