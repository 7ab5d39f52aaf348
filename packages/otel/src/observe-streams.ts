import type { MeterProvider } from '@opentelemetry/api'
import type { Diagnostics } from '@sse/server'
import { BoundedValues } from './bounded-values.ts'
import { LateInstruments } from './late-instruments.ts'
import { listen } from './listen.ts'
import { OncePer } from './once-per.ts'
import { makeStreamInstruments, type StreamInstruments } from './stream-instruments.ts'
import { type OpenConnections, StreamTotals } from './stream-totals.ts'

export interface ObserveStreamsOptions {
  /** Where the metrics go. Default: the global provider, also one that is registered later. */
  meterProvider?: MeterProvider | undefined
}

/** Different values of an attribute, at most. There are about twenty reasons and codes. */
const MAX_REASONS = 64

const running = new OncePer()
const PROCESS = {}

/**
 * Records metrics of every stream of this process, from generators, hubs and runs: connections, how long they last, why
 * they end, time to the first event, catch-ups, gaps, bytes. Connections that are open already are not counted.
 * Idempotent for each provider.
 *
 * @returns a function that stops. Idempotent.
 */
export function observeStreams({ meterProvider }: ObserveStreamsOptions = {}): () => void {
  return running.start(PROCESS, meterProvider, () => {
    const totals = new StreamTotals()
    const late = new LateInstruments(
      meterProvider,
      (meter) => makeStreamInstruments(meter, totals),
      (instruments) => instruments.release(),
    )
    const unlisten = listen(recordInto(totals, () => late.get()))
    return () => {
      unlisten()
      late.close()
    }
  })
}

/** Counts go on while there is no provider: what is open when it comes is right. */
function recordInto(totals: StreamTotals, instruments: () => StreamInstruments | undefined) {
  const reasons = new BoundedValues(MAX_REASONS)
  const codes = new BoundedValues(MAX_REASONS)
  const gapReasons = new BoundedValues(MAX_REASONS)
  const routeOf = (path: string): OpenConnections => totals.of(path)
  return {
    'sse.connection.opened': ({ path, connection }: Diagnostics['sse.connection.opened']) => {
      const route = routeOf(path)
      route.open.add(connection)
      instruments()?.opened.add(1, route.attributes)
    },
    'sse.connection.first_event': ({
      path,
      afterMs,
      connection,
    }: Diagnostics['sse.connection.first_event']) => {
      const { open, attributes } = routeOf(path)
      if (open.has(connection)) instruments()?.timeToFirstEvent.record(afterMs / 1_000, attributes)
    },
    'sse.connection.closed': (message: Diagnostics['sse.connection.closed']) => {
      const { path, reason, durationMs, connection } = message
      const route = routeOf(path)
      if (!route.open.delete(connection)) return
      route.closedBytes += connection.sentBytes
      const made = instruments()
      const attributes = { ...route.attributes, 'sse.close.reason': reasons.of(reason) }
      made?.closed.add(1, attributes)
      made?.duration.record(durationMs / 1_000, attributes)
    },
    'sse.connection.rejected': ({ path, code, status }: Diagnostics['sse.connection.rejected']) => {
      instruments()?.rejected.add(1, {
        ...routeOf(path).attributes,
        'error.type': codes.of(code),
        'http.response.status_code': status,
      })
    },
    'sse.catchup': ({ path, behind, from }: Diagnostics['sse.catchup']) => {
      instruments()?.catchUps.record(behind, { ...routeOf(path).attributes, 'sse.catch_up.source': from })
    },
    'sse.gap': ({ path, reason }: Diagnostics['sse.gap']) => {
      instruments()?.gaps.add(1, { ...routeOf(path).attributes, 'sse.gap.reason': gapReasons.of(reason) })
    },
  }
}
