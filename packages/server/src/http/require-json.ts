import { SseError } from '@sse/contract'

/**
 * Requires a body of JSON, also where no body is read: an HTML form of another site can send cookies, and none of its
 * content types is JSON.
 *
 * @throws {SseError} `content_type_unsupported`.
 */
export function requireJson(contentType = ''): void {
  if (/^application\/json\s*(?:;|$)/i.test(contentType)) return
  throw new SseError('content_type_unsupported', 'Send the header "content-type: application/json"')
}
