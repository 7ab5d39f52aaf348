import { digest } from '@sse/contract/protocol'
import type { AsyncApiDocument } from './async-api.ts'
import type { OpenApiDocument } from './open-api.ts'

/**
 * Makes a handler that serves a document as JSON to `GET` and `HEAD`, with an `ETag`: a client that has the document gets 304.
 * Other methods get 405. It is `Request → Response`, for Next.js, Hono, Bun, Deno and Workers.
 *
 * The app chooses the path and who may read the document.
 *
 * @example
 * export const GET = serveDocument(toOpenApi([leads], { info }))
 */
export function serveDocument(
  document: OpenApiDocument | AsyncApiDocument,
): (request: Request) => Promise<Response> {
  const body = JSON.stringify(document)
  let tag: Promise<string> | undefined
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    tag ??= digest(body)
    const etag = `"${await tag}"`
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', etag }
    const known = request.headers.get('if-none-match') ?? ''
    if (known.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')))) {
      return new Response(null, { status: 304, headers })
    }
    return new Response(request.method === 'HEAD' ? null : body, { headers })
  }
}
