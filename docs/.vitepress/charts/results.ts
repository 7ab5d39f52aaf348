import { readFileSync } from 'node:fs'
import { repository } from '../pages.ts'

/** One bar: the median over the rounds, and their range. */
export interface Bar {
  /** Facet that the bar is in. */
  readonly group: string
  readonly row: string
  readonly isOurs: boolean
  readonly median: number
  readonly min: number
  readonly max: number
}

interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}
type Row = { readonly row: string; readonly role?: string } & Record<string, unknown>

const read = (name: string) => JSON.parse(readFileSync(`${repository}bench/results/${name}.json`, 'utf8'))

/** Names of rows, where they are not what readers know. */
const NAMES: Record<string, string> = {
  plain: 'a loop by hand',
  floor: 'a loop by hand',
  coalesced: 'a loop by hand, one write a turn',
  hub: '@sse/server: a hub',
  sse: '@sse/client',
  'sse-node': '@sse/server/node',
  'sse-express': '@sse/server/express',
  'sse-fastify': '@sse/server/fastify',
  'sse-hono': '@sse/server/hono',
  'fastify-sse': '@fastify/sse',
  'res-write': 'res.write() each',
  'es-client': 'eventsource-client',
  'fetch-es': '@microsoft/fetch-event-source',
  'fetch-stream': 'fetch-event-stream',
  'extended-es': 'extended-eventsource',
  ws: 'ws (WebSocket)',
  nchan: 'nginx with nchan',
}

function bars(group: string, rows: Row[], field: string, scale = 1): Bar[] {
  return rows.map(({ row, role, ...rest }) => {
    const { median, min, max } = rest[field] as Spread
    const name = NAMES[row] ?? row
    return {
      group,
      row: name,
      isOurs: role === 'ours' || row === 'hub' || row.startsWith('sse'),
      median: median * scale,
      min: min * scale,
      max: max * scale,
    }
  })
}

/** Events per CPU second of 100 generators, as multiples of the loop by hand. */
export function generators(): Bar[] {
  return read('generator')
    .scenarios.filter(({ connections }: { connections: number }) => connections === 100)
    .flatMap(({ eventsPerTurn, rows }: { eventsPerTurn: number; rows: Row[] }) =>
      bars(
        `${eventsPerTurn.toLocaleString('en')} event${eventsPerTurn === 1 ? '' : 's'} a turn`,
        rows,
        'ofPlain',
      ),
    )
}

/** Events per CPU second to 1,000 subscribers, as multiples of the loop by hand. */
export function fanout(): Bar[] {
  const isShown = (cell: { subscribers: number; payloadBytes: number }) =>
    cell.subscribers === 1_000 && cell.payloadBytes === 120
  return read('fanout')
    .cells.filter(isShown)
    .flatMap(({ eventsPerTurn, rows }: { eventsPerTurn: number; rows: Row[] }) =>
      bars(`${eventsPerTurn} event${eventsPerTurn === 1 ? '' : 's'} a turn`, rows, 'ofFloor'),
    )
}

/** Kilobytes of the server's process for each of 10,000 idle connections. */
export function memory(): Bar[] {
  return bars('10,000 idle connections', read('idle-hub').rows, 'pssBytes', 1 / 1_000)
}

/** Events per second from bytes to a callback, as multiples of the loop by hand. */
export function client(): Bar[] {
  const isShown = (cell: { place: string; heardEach: number; perChunk: number }) =>
    cell.place !== 'socket' && cell.heardEach === 1 && cell.perChunk === 100
  return read('client')
    .results.filter(isShown)
    .flatMap(({ place, rows }: { place: string; rows: Row[] }) =>
      bars(place === 'memory' ? 'Node' : place, rows, 'ofPlain'),
    )
}

/** Events per second that a hub stores, as multiples of a loop that calls the store itself. */
export function engines(): Bar[] {
  const ofBatch = (name: string) =>
    read(name).throughput.find(({ batchSize }: { batchSize: number }) => batchSize === 100).rows
  const sqlite = read('sqlite').results.find(({ publishers }: { publishers: number }) => publishers === 100)
  const hub = (group: string, rows: Row[], field: string) =>
    bars(group, rows, field)
      .filter(({ isOurs }) => isOurs)
      .slice(0, 1)
  return [
    ...hub('SQLite', sqlite.rows, 'ofLoop'),
    ...hub('Redis', ofBatch('redis'), 'ofXadd'),
    ...hub('NATS', ofBatch('nats'), 'ofBare'),
    ...hub('Postgres', read('postgres').throughput, 'ofNaive'),
  ].map((bar) => ({ ...bar, row: bar.group, group: 'events stored per second' }))
}
