import { SseError } from '@sse/contract'
import type { BodyBytes } from '../http/request-body.ts'

/**
 * Returns the bytes of a request's body.
 *
 * @throws {SseError} `option_invalid` if something else has read them.
 */
export function bodyOf(request: Request): BodyBytes {
  if (request.bodyUsed) {
    throw new SseError(
      'option_invalid',
      'The body was read before: pass the request on unread, or a clone of it',
    )
  }
  const reader = request.body?.getReader()
  return {
    next: async () => (await reader?.read())?.value,
    stop: () => void reader?.cancel().catch(() => {}),
  }
}
