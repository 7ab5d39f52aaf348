import { digest } from '@sse/contract/protocol'
import type { AsyncApiDocument } from './async-api.ts'
import type { OpenApiDocument } from './open-api.ts'

/**
 * Makes a handler that serves a document as JSON, for frameworks on Fetch: `GET` and `HEAD`, with an `ETag`. On Express:
 * `app.get('/openapi.json', (req, res) => res.json(document))`.
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
    if (known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) {
      return new Response(null, { status: 304, headers })
    }
    return new Response(request.method === 'HEAD' ? null : body, { headers })
  }
}
