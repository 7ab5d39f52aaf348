import { MetricReader } from '@opentelemetry/sdk-metrics'

/** Collects as an exporter does, and sends nothing. */
export class CountingReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}
