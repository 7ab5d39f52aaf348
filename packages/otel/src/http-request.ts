import { type Context, context, createContextKey, type Span } from '@opentelemetry/api'

/** What the HTTP instrumentation keeps of a request, and reads again when the response is over. */
export interface HttpRequest {
  readonly span: Span
  route?: string | undefined
}

/** The key of `setRPCMetadata` in `@opentelemetry/core`: keys of the same name are the same. */
const RPC_METADATA = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')

/** Returns the instrumented request that the current code runs for. */
export function httpRequest(active: Context = context.active()): HttpRequest | undefined {
  const found = active.getValue(RPC_METADATA) as (HttpRequest & { type?: unknown }) | undefined
  return found?.type === 'http' && found.span ? found : undefined
}
