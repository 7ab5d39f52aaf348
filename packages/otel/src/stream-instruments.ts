import type { BatchObservableCallback, Counter, Histogram, Meter } from '@opentelemetry/api'
import { bytesOf, type StreamTotals } from './stream-totals.ts'

export interface StreamInstruments {
  readonly opened: Counter
  readonly closed: Counter
  readonly rejected: Counter
  readonly duration: Histogram
  readonly timeToFirstEvent: Histogram
  readonly catchUps: Histogram
  readonly gaps: Counter
  release(): void
}

/** Seconds, up to a day. */
const DURATIONS = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400]
/** Seconds: those of `http.server.request.duration`, and what follows for streams that wait for their first event. */
const FIRST_EVENTS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 1_800,
]
const EVENTS = [1, 10, 100, 1_000, 10_000, 100_000]

/** @see https://opentelemetry.io/docs/specs/semconv/general/naming/ */
export function makeStreamInstruments(meter: Meter, totals: StreamTotals): StreamInstruments {
  const open = meter.createObservableUpDownCounter('sse.connections', {
    unit: '{connection}',
    description: 'Open connections.',
  })
  const sent = meter.createObservableCounter('sse.connection.sent', {
    unit: 'By',
    description: 'Bytes of event streams passed to responses, before compression by middleware.',
  })
  const observe: BatchObservableCallback = (result) => {
    for (const route of totals.values()) {
      result.observe(open, route.open.size, route.attributes)
      result.observe(sent, bytesOf(route), route.attributes)
    }
  }
  meter.addBatchObservableCallback(observe, [open, sent])
  return {
    opened: meter.createCounter('sse.connection.opened', {
      unit: '{connection}',
      description: 'Responses that have started.',
    }),
    closed: meter.createCounter('sse.connection.closed', {
      unit: '{connection}',
      description: 'Started responses that are over, by reason.',
    }),
    rejected: meter.createCounter('sse.connection.rejected', {
      unit: '{request}',
      description: 'Requests refused before a response started, by code.',
    }),
    duration: meter.createHistogram('sse.connection.duration', {
      unit: 's',
      description: 'Time from the start of a response to its end.',
      advice: { explicitBucketBoundaries: DURATIONS },
    }),
    timeToFirstEvent: meter.createHistogram('sse.connection.time_to_first_event', {
      unit: 's',
      description: 'Time from the arrival of a request to its first event.',
      advice: { explicitBucketBoundaries: FIRST_EVENTS },
    }),
    catchUps: meter.createHistogram('sse.connection.catch_up', {
      unit: '{event}',
      description: 'How far connections that could not keep up were behind when they resumed reading.',
      advice: { explicitBucketBoundaries: EVENTS },
    }),
    gaps: meter.createCounter('sse.connection.gaps', {
      unit: '{gap}',
      description: 'Gaps reported to clients: history is missing.',
    }),
    release: () => meter.removeBatchObservableCallback(observe, [open, sent]),
  }
}
