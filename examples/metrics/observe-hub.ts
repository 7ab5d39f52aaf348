import { subscribe } from 'node:diagnostics_channel'
import type { Meter } from '@opentelemetry/api'
import type { StreamContract } from '@sse/contract'
import type { Diagnostics, Hub } from '@sse/server'

/** Makes metrics of what a hub says of itself: what it is doing is asked for, what happens is listened to. */
export function observeHub<Contract extends StreamContract>(hub: Hub<Contract>, meter: Meter): void {
  const gauges = {
    connections: meter.createObservableGauge('sse_connections', { description: 'Open connections' }),
    lagging: meter.createObservableGauge('sse_lagging', {
      description: 'Connections that are behind the head of the log',
    }),
    ringBytes: meter.createObservableGauge('sse_ring_bytes', { unit: 'By', description: 'Recent frames' }),
  }
  const totals = {
    published: meter.createObservableCounter('sse_published', { description: 'Events stored' }),
    deliveredBytes: meter.createObservableCounter('sse_delivered', {
      unit: 'By',
      description: 'Live frames',
    }),
    catchUps: meter.createObservableCounter('sse_catch_ups', { description: 'Returns to what was missed' }),
    gaps: meter.createObservableCounter('sse_gaps', {
      description: 'Gaps reported to clients',
    }),
  }
  const all = { ...gauges, ...totals }
  meter.addBatchObservableCallback((result) => {
    const stats = hub.stats()
    for (const name of Object.keys(all) as (keyof typeof all)[]) result.observe(all[name], stats[name])
  }, Object.values(all))

  const closed = meter.createCounter('sse_connections_closed', { description: 'By why they ended' })
  on('sse.connection.closed', ({ reason }) => closed.add(1, { reason }))
  const rejected = meter.createCounter('sse_connections_rejected', {
    description: 'By why they were refused',
  })
  on('sse.connection.rejected', ({ code }) => rejected.add(1, { code }))
  const behind = meter.createHistogram('sse_catch_up_events', {
    description: 'How far a slow reader was behind',
  })
  on('sse.catchup', ({ behind: events, from }) => behind.record(events, { from }))
}

function on<Name extends keyof Diagnostics>(
  name: Name,
  listener: (message: Diagnostics[Name]) => void,
): void {
  subscribe(name, (message) => listener(message as Diagnostics[Name]))
}
