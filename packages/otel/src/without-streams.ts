import type { Histogram, Meter, MeterProvider } from '@opentelemetry/api'
import { type HttpRequest, httpRequest } from './http-request.ts'
import { listen } from './listen.ts'

/** Names of the server's histogram in the semantic conventions, the stable one and the one before. */
const DURATIONS: readonly string[] = ['http.server.request.duration', 'http.server.duration']

const streams = new WeakSet<HttpRequest>()
let isListening = false

/**
 * Wraps a meter provider for `HttpInstrumentation`: the durations of streams are left out of
 * `http.server.request.duration`. Everything else is recorded as before, refused requests for streams too.
 *
 * @example
 * httpInstrumentation.setMeterProvider(withoutStreams(metrics.getMeterProvider()))
 */
export function withoutStreams(provider: MeterProvider): MeterProvider {
  if (!isListening) listen({ 'sse.connection.opened': markStream })
  isListening = true
  return { getMeter: (...given) => withoutDurations(provider.getMeter(...given)) }
}

/** Runs for the request. Not for its span or its route: the app's own spans may be active, and routes are shared. */
function markStream(): void {
  const request = httpRequest()
  if (request) streams.add(request)
}

function withoutDurations(meter: Meter): Meter {
  return new Proxy(meter, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (key === 'createHistogram') {
        return ((name, options) => {
          const histogram = target.createHistogram(name, options)
          return DURATIONS.includes(name) ? exceptStreams(histogram) : histogram
        }) satisfies Meter['createHistogram']
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function exceptStreams(histogram: Histogram): Histogram {
  return {
    record(value, attributes, given) {
      const request = httpRequest(given)
      if (!request || !streams.has(request)) histogram.record(value, attributes, given)
    },
  }
}
