import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api'

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Returns `undefined` for a span that is not sampled: nothing could follow a link to it. */
export function formatTraceparent(context: SpanContext): string | undefined {
  if (!isSpanContextValid(context) || (context.traceFlags & TraceFlags.SAMPLED) === 0) return undefined
  return `00-${context.traceId}-${context.spanId}-01`
}

/** Another program may have written the text. Returns `undefined` if it is none. */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(text) ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(context) ? context : undefined
}
