import { SseError } from '@sse/contract'

/**
 * Why a response is not an event stream: `ended` for 204, by which a server stops a client for good; `undefined`
 * when it is one.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 * @see https://mimesniff.spec.whatwg.org/#mime-type-essence
 */
export function readRefusal(status: number, contentType: string | null): SseError | 'ended' | undefined {
  if (status === 204) return 'ended'
  if (status !== 200) {
    return new SseError('http_status', `The server answered ${status}`, status >= 400 ? { status } : {})
  }
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence === 'text/event-stream') return undefined
  return new SseError(
    'content_type',
    `The server sent ${essence || 'no content type'}, not text/event-stream`,
  )
}
