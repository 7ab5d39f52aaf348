import { SseError } from '@sse/contract'
import type { EndReason } from '../connection/status.ts'
import { toByteString } from './byte-string.ts'
import { checkRequest } from './check-request.ts'
import { invalidBody, readEvents } from './read-events.ts'
import { readRefusedResponse } from './read-refusal.ts'
import { responseEnd } from './response-end.ts'
import type { Transport, TransportEvents, TransportRequest } from './transport.ts'

/** Carries a stream over `fetch`: any headers, method and body, and the response's status is known. The default. */
export const fetchTransport: Transport = (request, events) => {
  const controller = new AbortController()
  events.onActivity()
  run(request, events, controller).then(
    (reason) => events.onEnd(reason),
    (cause) => events.onEnd(new SseError('network', 'The connection failed', { cause })),
  )
  return { close: () => controller.abort() }
}

async function run(
  request: TransportRequest,
  events: TransportEvents,
  controller: AbortController,
): Promise<SseError | EndReason> {
  const { fetch, url, method, body, credentials, lastEventId } = request
  const headers: Record<string, string> = { accept: 'text/event-stream', ...request.headers }
  if (lastEventId !== '') headers['last-event-id'] = toByteString(lastEventId)
  // `fetch` treats a member that is undefined as absent.
  const init = { method, headers, body, credentials } as RequestInit
  // Cloudflare Workers before 2024-11-11 throw when it is set.
  if (!globalThis.Request || 'cache' in Request.prototype) init.cache = 'no-store'
  const invalid = checkRequest(url, init)
  if (invalid) return invalid
  const response = await fetch(url, { ...init, signal: controller.signal })
  if (typeof response?.headers?.get !== 'function') return invalidBody()
  const refused = await readRefusedResponse(response, url)
  if (refused) {
    // An unread body keeps its connection, and six of them block an HTTP/1.1 origin.
    controller.abort()
    return refused
  }
  if (typeof response.body?.getReader !== 'function' || response.body.locked) return invalidBody()
  events.onOpen()
  const failure = await readEvents(response.body.getReader(), events)
  if (failure) return failure
  return responseEnd(request)
}
