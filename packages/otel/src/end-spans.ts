import type { Span } from '@opentelemetry/api'
import { httpRequest } from './http-request.ts'
import { listen } from './listen.ts'
import { OncePer } from './once-per.ts'

const running = new OncePer()
const PROCESS = {}

/**
 * Ends the server span that `HttpInstrumentation` has made for a stream when its response starts: the span measures what
 * its client has waited for, and is exported now instead of hours later. It gets status 200 and, without one of a
 * framework, the contract's path as route. What the app does later in the request is still part of the trace. Idempotent.
 *
 * @returns a function that stops. Idempotent.
 */
export function endSpansAtStart(): () => void {
  return running.start(PROCESS, undefined, () =>
    listen({
      'sse.connection.opened'({ path }) {
        const request = httpRequest()
        if (!request?.span.isRecording()) return
        const { span } = request
        const isNamed = request.route !== undefined && request.route !== '/'
        if (!isNamed && path.startsWith('/')) request.route = path
        const { route } = request
        span.setAttribute('http.response.status_code', 200)
        if (route !== undefined) {
          span.setAttribute('http.route', route)
          const { name } = span as { readonly name?: unknown }
          // Until the response is over, the instrumentation has only the method.
          if (typeof name === 'string' && /^\w+$/.test(name)) span.updateName(`${name} ${route}`)
        }
        span.end()
        silence(span)
      },
    }),
  )
}

/** The instrumentation ends the span again when the response is over, which the SDK would log as a mistake. */
function silence(span: Span): void {
  const chained = () => span
  for (const method of ['setAttribute', 'setAttributes', 'setStatus', 'updateName', 'addEvent'] as const) {
    span[method] = chained
  }
  span.recordException = () => {}
  span.end = () => {}
}
