import { SseError } from '@sse/contract'
import { type EventSourceLike, eventSourceTransport } from './event-source-transport.ts'
import type { Transport, TransportHandle } from './transport.ts'

/**
 * Carries a stream over event-source-polyfill, for platforms with neither a streaming `fetch` nor a native
 * `EventSource`. The polyfill is loaded when the first attempt starts; install it next to this package, at exactly
 * 1.0.31 (1.0.26 and 1.0.28 show alerts and redirect, depending on the time zone).
 *
 * Supports any headers; GET only. It reconnects by its own rules.
 *
 * @throws {SseError} `option_invalid` for another method or a body.
 * @example
 * import { polyfillTransport } from '@sse/client/polyfill'
 * const feed = connect(leads, { transport: polyfillTransport })
 */
export const polyfillTransport: Transport = (request, events) => {
  if (request.method !== 'GET' || request.body !== undefined) {
    throw new SseError('option_invalid', 'connect: the polyfill only sends GET without a body')
  }
  const names = new Set(request.eventNames) // grows while the polyfill loads
  let handle: TransportHandle | undefined
  let isClosed = false
  load().then(
    (Polyfill) => {
      if (isClosed) return
      const open = eventSourceTransport((url, { headers, credentials }) => {
        return new Polyfill(url, { headers: { ...headers }, withCredentials: credentials === 'include' })
      })
      handle = open({ ...request, eventNames: names }, events)
    },
    (cause) => {
      const advice = 'event-source-polyfill is not installed: install event-source-polyfill@1.0.31'
      if (!isClosed) events.onEnd(new SseError('option_invalid', advice, { cause }))
    },
  )
  return {
    listen(name) {
      names.add(name)
      handle?.listen?.(name)
    },
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
  // CommonJS: a named export if the loader detects names, else a member of `default`.
  const found = module.EventSourcePolyfill ?? module.default?.EventSourcePolyfill
  if (!found) throw new Error('event-source-polyfill has no EventSourcePolyfill')
  return found
}
