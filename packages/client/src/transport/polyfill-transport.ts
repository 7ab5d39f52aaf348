import { SseError } from '@sse/contract'
import { type EventSourceLike, eventSourceTransport } from './event-source-transport.ts'
import type { Transport, TransportHandle } from './transport.ts'

/**
 * Carries a stream over event-source-polyfill, where there is neither a `fetch` that streams nor a native
 * `EventSource`. The polyfill is loaded when the first attempt starts; install it beside this package, at
 * exactly 1.0.31 (1.0.26 and 1.0.28 alert and redirect by time zone).
 *
 * Any headers; GET only. It reconnects by its own rules.
 *
 * @example
 * import { polyfillTransport } from '@sse/client/polyfill'
 * const feed = connect(leads, { transport: polyfillTransport })
 */
export const polyfillTransport: Transport = (request, events) => {
  if (request.method !== 'GET' || request.body !== undefined) {
    throw new SseError('option_invalid', 'connect: the polyfill sends only GET, without a body')
  }
  let handle: TransportHandle | undefined
  let isClosed = false
  load().then(
    (Polyfill) => {
      if (isClosed) return
      const open = eventSourceTransport((url, { headers, credentials }) => {
        return new Polyfill(url, { headers: { ...headers }, withCredentials: credentials === 'include' })
      })
      handle = open(request, events)
    },
    (cause) => {
      const advice = 'event-source-polyfill is not there; install event-source-polyfill@1.0.31'
      if (!isClosed) events.onEnd(new SseError('option_invalid', advice, { cause }))
    },
  )
  return {
    listen: (name) => handle?.listen?.(name),
    close() {
      isClosed = true
      handle?.close()
    },
  }
}

type PolyfillConstructor = new (
  url: string,
  init: { headers: Record<string, string>; withCredentials: boolean },
) => EventSourceLike

async function load(): Promise<PolyfillConstructor> {
  const module = (await import('event-source-polyfill')) as unknown as {
    EventSourcePolyfill?: PolyfillConstructor
    default?: { EventSourcePolyfill: PolyfillConstructor }
  }
  // CommonJS: named where the loader can tell the names, on `default` elsewhere.
  const found = module.EventSourcePolyfill ?? module.default?.EventSourcePolyfill
  if (!found) throw new Error('event-source-polyfill has no EventSourcePolyfill')
  return found
}
