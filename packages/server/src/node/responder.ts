import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

type Headers = Readonly<Record<string, string>>

/** A complete answer in place of a stream. */
export interface LateAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** How a framework sends an answer, so that what the app has set on its response is kept. */
export interface Responder {
  /** Sends a complete answer. */
  send(status: number, headers: Headers, body: string): void
  /**
   * Starts a stream. Calls `begin` once the head is written; the stream writes to Node's response from there. A
   * framework that writes the head in a later turn calls `late` first: it returns the answer to send instead if the
   * server has closed the connection in the meantime.
   */
  stream(status: number, headers: Headers, begin: () => void, late: () => LateAnswer | undefined): void
}

/** Sends with Node's response itself. Headers set on it before are kept. */
export function responseWriter(res: ServerResponse | Http2ServerResponse): Responder {
  return {
    send(status, headers, body) {
      writeHead(res, status, headers)
      res.end(res.req.method === 'HEAD' ? '' : body)
    },
    stream(status, headers, begin) {
      writeHead(
        res,
        status,
        besideSet(headers, (name) => res.getHeader(name)),
      )
      begin()
    },
  }
}

/**
 * The headers of a stream beside those that the app has set: its own `cache-control` takes precedence, and `vary` names
 * the headers of both.
 */
export function besideSet(headers: Headers, read: (name: string) => unknown): Headers {
  const isCacheSet = read('cache-control') !== undefined
  const varies = headers.vary === undefined ? undefined : read('vary')
  if (!isCacheSet && varies === undefined) return headers
  const { 'cache-control': cacheControl, ...rest } = headers
  return {
    ...rest,
    ...(isCacheSet ? {} : { 'cache-control': cacheControl as string }),
    ...(varies === undefined ? {} : { vary: `${varies}, ${headers.vary}` }),
  }
}

/** Calls `writeHead`: the two classes' overloads differ, their behaviour does not. */
export function writeHead(
  res: ServerResponse | Http2ServerResponse,
  status: number,
  headers: Headers = {},
): void {
  ;(res as ServerResponse).writeHead(status, headers)
}
