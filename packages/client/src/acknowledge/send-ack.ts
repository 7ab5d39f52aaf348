import { SseError } from '@sse/contract'
import { toByteString } from '../transport/byte-string.ts'
import type { PreparedRequest } from '../transport/transport.ts'

/**
 * Tells the server that everything up to `id` is dealt with: `POST` at the stream's path and `/ack`.
 *
 * @throws {SseError} `network`, `http_status` with the `status`.
 * @see docs/PROTOCOL.md#acknowledgements
 */
export async function sendAck(request: PreparedRequest, id: string): Promise<void> {
  const url = new URL(request.url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/ack`
  const init = {
    method: 'POST',
    headers: { ...request.headers, 'last-event-id': toByteString(id) },
    credentials: request.credentials,
    keepalive: true, // an acknowledgement outlives the page that makes it
  } as RequestInit
  let status: number
  try {
    const response = await request.fetch(url.href, init)
    status = response.status
    await response.body?.cancel()
  } catch (cause) {
    throw new SseError('network', 'The acknowledgement could not be sent', { cause })
  }
  if (status >= 200 && status < 300) return
  const message = `The server answered ${status} to the acknowledgement`
  throw new SseError('http_status', message, status >= 200 ? { status } : {})
}
