import { SseError } from '@sse/contract'
import { toByteString } from '../transport/byte-string.ts'
import { readRefusal } from '../transport/read-refusal.ts'
import type { PreparedRequest } from '../transport/transport.ts'

/**
 * Acknowledges every event up to and including `id`: `POST` to the stream's path plus `/ack`.
 *
 * @throws {SseError} `network`, or `http_status` with the `status`.
 * @see docs/reference/protocol.md#acknowledgements
 */
export async function sendAck(request: PreparedRequest, id: string, signal: AbortSignal): Promise<void> {
  const url = ackUrl(request.url)
  let status: number
  try {
    const response = await request.fetch(url, {
      method: 'POST',
      // With a content type: the CSRF checks of SvelteKit and Astro refuse a POST that could be a form.
      headers: { ...request.headers, 'content-type': 'application/json', 'last-event-id': toByteString(id) },
      body: '{}',
      credentials: request.credentials,
      signal,
      keepalive: true, // an acknowledgement outlives the page that sends it
    } as RequestInit)
    status = response.status
    await response.body?.cancel()
  } catch (cause) {
    throw new SseError('network', 'The acknowledgement failed', { cause })
  }
  if (status < 200 || status > 299) throw readRefusal(status, null, url)
}

/** Appends `/ack` to the path. As text: in React Native, the parts of a `URL` cannot be set. */
function ackUrl(url: string): string {
  return url.replace(/\/?(\?[^#]*)?(#.*)?$/, (_, query = '') => `/ack${query}`)
}
