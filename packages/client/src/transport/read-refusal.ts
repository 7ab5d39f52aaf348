import { SseError, type SseErrorOptions } from '@sse/contract'
import { decodeServerError } from '../feed/decode-event.ts'

/**
 * Why a response is not an event stream: `ended` for 204, by which a server stops a client for good; `undefined`
 * when it is one.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
 * @see https://mimesniff.spec.whatwg.org/#mime-type-essence
 */
export function readRefusal(
  status: number,
  contentType: string | null,
  details?: Pick<SseErrorOptions, 'cause' | 'retryAfterMs'>,
): SseError | 'ended' | undefined {
  if (status === 204) return 'ended'
  if (status !== 200) {
    return new SseError('http_status', `The server answered ${status}`, {
      ...details,
      ...(status >= 200 && { status }), // 0 for a response that is opaque
    })
  }
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence === 'text/event-stream') return undefined
  return new SseError(
    'content_type',
    `The server sent ${essence || 'no content type'}, not text/event-stream`,
  )
}

/**
 * `readRefusal` of a response, with what the server says beside its status: when to come back (`Retry-After`), and
 * its own `{ code, message }` as the error's `cause`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export async function readRefusedResponse(response: Response): Promise<SseError | 'ended' | undefined> {
  const type = response.headers.get('content-type')
  const details: { retryAfterMs?: number; cause?: SseError } = {}
  const retryAfter = response.headers.get('retry-after')
  if (retryAfter) {
    const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
    if (ms > 0) details.retryAfterMs = ms
  }
  // In one piece, and soon: for a mere detail nobody waits.
  if (response.status >= 400 && type?.startsWith('application/json')) {
    const first = response.body?.getReader().read()
    const piece = await Promise.race([first, new Promise<undefined>((resolve) => setTimeout(resolve, 1_000))])
    details.cause = decodeServerError(new TextDecoder().decode(piece?.value))
  }
  return readRefusal(response.status, type, details)
}
