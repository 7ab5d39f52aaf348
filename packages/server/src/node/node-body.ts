import { SseError } from '@sse/contract'
import type { RequestBody } from '../http/request-body.ts'
import type { NodeRequest } from './serve-node.ts'

/**
 * Returns the body of a request: its bytes, or what a body parser has made of them if one has read them.
 *
 * @throws {SseError} `option_invalid` if something has read them and left nothing.
 */
export function bodyOf(req: NodeRequest, readParsed = () => (req as { body?: unknown }).body): RequestBody {
  if (req.readableDidRead || req.readableEnded) {
    const parsed = readParsed()
    if (parsed === undefined) {
      throw new SseError(
        'option_invalid',
        'The body was read before, and is not in req.body: mount this handler first',
      )
    }
    return { parsed }
  }
  // Its `return` is not called: that would destroy the request, and with it the response.
  const chunks = (req as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  return {
    async next() {
      const { done, value } = await chunks.next()
      return done ? undefined : value
    },
    stop: () => {},
  }
}
