import { SseError } from '@sse/contract'
import { eventSourceTransport } from './event-source-transport.ts'
import type { Transport, TransportRequest } from './transport.ts'

/**
 * Carries a stream over the browser's own `EventSource`: shown in its developer tools, and without a CORS preflight.
 * It sends no headers but cookies, hides the response's status, and reconnects by the browser's rules.
 *
 * @throws {SseError} `option_invalid` for headers, a method or a body, or where there is no `EventSource`.
 */
export const nativeTransport: Transport = (request, events) => eventSourceTransport(create)(request, events)

function create(url: string, { headers, method, body, credentials }: TransportRequest): EventSource {
  if (typeof EventSource !== 'function') throw unsuitable('there is no EventSource here')
  if (Object.keys(headers).length > 0) throw unsuitable('EventSource cannot send headers')
  if (method !== 'GET' || body !== undefined) throw unsuitable('EventSource only sends GET without a body')
  return new EventSource(url, { withCredentials: credentials === 'include' })
}

function unsuitable(why: string): SseError {
  return new SseError('option_invalid', `connect: ${why}; use the fetch transport`)
}
