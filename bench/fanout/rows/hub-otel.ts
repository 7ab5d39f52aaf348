import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { observeHub, observeStreams } from '@sse/otel'
import { CountingReader } from '../counting-reader.ts'
import type { StartPublisher } from '../rows.ts'
import { startHub } from './hub.ts'

/** The hub, with all its metrics collected every second. */
export const start: StartPublisher = async (options) => {
  const reader = new CountingReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  observeStreams({ meterProvider })
  const { hub, publisher } = await startHub(options)
  observeHub(hub, { meterProvider })
  setInterval(() => reader.collect(), 1_000).unref()
  return publisher
}
