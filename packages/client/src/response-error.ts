import { SseError } from '@sse/contract'

/**
 * What is wrong with a response that should be an event stream; `undefined` when nothing is.
 *
 * @see https://mimesniff.spec.whatwg.org/#mime-type-essence
 */
export function responseError(status: number, contentType: string | null): SseError | undefined {
  if (status !== 200) {
    const isFailure = status >= 400 && status <= 599
    return new SseError(
      'http_status',
      `The server answered with status ${status}`,
      isFailure ? { status } : {},
    )
  }
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence === 'text/event-stream') return undefined
  return new SseError(
    'content_type',
    `The server sent ${essence || 'no content type'} in place of text/event-stream`,
  )
}
