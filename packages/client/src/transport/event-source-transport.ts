import { SseError } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { EndReason } from '../connection/status.ts'
import { readRefusal } from './read-refusal.ts'
import type { Transport, TransportRequest } from './transport.ts'

/** The part of `EventSource` this transport uses, native or not. */
export interface EventSourceLike {
  readonly readyState: number
  onopen: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

const CLOSED = 2

/**
 * Carries a stream over any implementation of `EventSource`.
 *
 * It reconnects by that implementation's rules: its delay, its jitter (none, for native ones), its handling of
 * `retry`. The id to start from is sent as the `lastEventId` query parameter, since `EventSource` cannot set headers.
 */
export function eventSourceTransport(
  create: (url: string, request: TransportRequest) => EventSourceLike,
): Transport {
  return (request, events) => {
    const source = create(withLastEventId(request), request)
    const names = new Set<string>()
    let lastEventId = request.lastEventId

    const listen = (name: string): void => {
      if (names.has(name)) return
      names.add(name)
      source.addEventListener(name, (event) => {
        // `error` without data is the source's own.
        if (typeof event.data !== 'string') return
        if (event.lastEventId !== lastEventId) {
          lastEventId = event.lastEventId
          events.onId(lastEventId)
        }
        events.onMessage(name, event.data)
      })
    }
    for (const name of ['message', ...Object.values(CONTROL), ...request.eventNames]) listen(name)

    // With data, it is an event that the server named "open" or "error".
    source.onopen = (event: { data?: unknown }) => {
      if (event.data === undefined) events.onOpen()
    }
    source.onerror = (event: { status?: number; headers?: Headers; data?: unknown }) => {
      if (event.data !== undefined) return
      if (source.readyState !== CLOSED) {
        events.onWaiting(new SseError('dropped', 'The connection was lost'))
        return
      }
      source.close()
      events.onEnd(whyClosed(event))
    }
    const close = (): void => {
      source.onopen = null
      source.onerror = null
      source.close()
    }
    return { listen, close }
  }
}

/** The polyfill knows the status. A native one only tells that the response was not an event stream, which is final. */
function whyClosed({ status, headers }: { status?: number; headers?: Headers }): SseError | EndReason {
  const known = status && readRefusal(status, headers?.get('content-type') ?? null)
  if (known) return known
  return new SseError('http_status', 'The server did not answer with an event stream', { status: 200 })
}

function withLastEventId({ url, lastEventId }: TransportRequest): string {
  if (lastEventId === '') return url
  const [beforeHash] = url.split('#', 1) as [string]
  return `${beforeHash}${beforeHash.includes('?') ? '&' : '?'}lastEventId=${encodeURIComponent(lastEventId)}`
}
