import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { traceEvents } from '@sse/otel'
import type { StartPublisher } from '../rows.ts'
import { startHub } from './hub.ts'

/** The hub, with every event published inside a sampled span: the dearest case. */
export const start: StartPublisher = async (options) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const tracerProvider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
  traceEvents({ tracerProvider })
  const tracer = tracerProvider.getTracer('bench')
  const { publisher } = await startHub(options)
  return {
    ...publisher,
    publish(ticks) {
      const span = tracer.startSpan('turn')
      const published = context.with(trace.setSpan(context.active(), span), () => publisher.publish(ticks))
      span.end()
      return published
    },
  }
}
