import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** OpenTelemetry's SDK, whose spans stay in memory. */
export function startTraces() {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return {
    provider,
    tracer: provider.getTracer('app'),
    spans: () => exporter.getFinishedSpans(),
    reset: () => exporter.reset(),
  }
}
