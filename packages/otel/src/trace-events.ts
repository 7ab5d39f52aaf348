import {
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { Diagnostics, ObservedPublish } from '@sse/server'
import { listen } from './listen.ts'
import { OncePer } from './once-per.ts'
import { formatTraceparent, parseTraceparent } from './trace-context.ts'

export interface TraceEventsOptions {
  /** Where the spans go. Default: the global provider, also one that is registered later. */
  tracerProvider?: TracerProvider | undefined
}

/** Links of one span. Also the default limit of OpenTelemetry's SDK. */
const MAX_LINKS = 128
const SYSTEM = { 'messaging.system': 'sse' }

const running = new OncePer()
const PROCESS = {}

/**
 * Traces events from `publish` to delivery. A `publish`, a `publishIn` or an event of `publishHandler` inside an active
 * span becomes a span, whose context is stored beside the event if it is sampled. Each process that passes such events to live readers records one span for a
 * batch, however many readers it has, with links to the spans of their publishers. Clients get nothing of it.
 * Idempotent for each provider.
 *
 * @returns a function that stops. Idempotent.
 */
export function traceEvents({ tracerProvider = trace }: TraceEventsOptions = {}): () => void {
  return running.start(PROCESS, tracerProvider, () => {
    const tracer = tracerProvider.getTracer('@sse/otel')
    const spans = new WeakMap<ObservedPublish, Span>()

    function started(publish: Diagnostics['sse.publish']): void {
      if (!trace.getSpan(context.active())) return
      const { path, event } = publish
      const span = tracer.startSpan(`publish ${path}`, {
        kind: SpanKind.PRODUCER,
        attributes: { ...operation('publish', 'send', path), 'sse.event.name': event },
      })
      spans.set(publish, span)
      publish.traceparent ??= formatTraceparent(span.spanContext())
    }

    function stored({ publish, id, error }: Diagnostics['sse.published']): void {
      const span = spans.get(publish)
      if (id !== undefined) span?.setAttribute('messaging.message.id', id)
      if (error !== undefined) {
        span?.setAttribute('error.type', codeOf(error))
        span?.setStatus({ code: SpanStatusCode.ERROR })
      }
      span?.end()
    }

    function delivered({ path, events, deliveries, durationMs }: Diagnostics['sse.delivered']): void {
      if (deliveries === 0) return
      const links = events
        .slice(0, MAX_LINKS)
        .map(toLink)
        .filter((link) => link !== undefined)
      if (links.length === 0) return
      const endedAt = performance.timeOrigin + performance.now()
      // In the context of no request: the turn of an append belongs to whichever publisher came first.
      const span = tracer.startSpan(
        `deliver ${path}`,
        {
          kind: SpanKind.CONSUMER,
          root: true,
          startTime: endedAt - durationMs,
          links,
          attributes: {
            ...operation('deliver', 'process', path),
            'messaging.batch.message_count': events.length,
            'sse.delivery.count': deliveries,
          },
        },
        ROOT_CONTEXT,
      )
      span.end(endedAt)
    }

    return listen({ 'sse.publish': started, 'sse.published': stored, 'sse.delivered': delivered })
  })
}

function operation(name: string, type: string, path: string) {
  return {
    ...SYSTEM,
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.template': path,
  }
}

function toLink({
  event,
  id,
  traceparent,
}: Diagnostics['sse.delivered']['events'][number]): Link | undefined {
  const found = parseTraceparent(traceparent)
  return found && { context: found, attributes: { 'messaging.message.id': id, 'sse.event.name': event } }
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return String(code ?? name ?? '_OTHER')
}
