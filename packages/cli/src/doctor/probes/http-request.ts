import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { ResponseHead } from '../observations.ts'

export interface RequestInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Accepts any certificate. */
  readonly insecure?: boolean | undefined
  /** Ends the request, also after its response. */
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly head: ResponseHead
  readonly body: Readable
  /** `performance.now()` at which the request was sent. */
  readonly sentAt: number
  /** Whether all of the body has arrived, by HTTP's framing. */
  isComplete(): boolean
  close(): void
}

/**
 * Sends one request on its own connection, with the HTTP version that the server prefers. Follows no redirect.
 * Rejects with the error of the connection, or with the reason of `signal`.
 */
export async function sendRequest(url: URL, init: RequestInit): Promise<HttpResponse> {
  const { signal } = init
  signal.throwIfAborted()
  if (url.protocol === 'http:') return sendHttp1(url, init, undefined)
  const socket = await connectSecurely(url, init)
  return socket.alpnProtocol === 'h2' ? sendHttp2(url, init, socket) : sendHttp1(url, init, socket)
}

function connectSecurely(url: URL, { insecure, signal }: RequestInit): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: !insecure,
      ...(isIP(host) === 0 && { servername: host }),
    })
    const stop = () => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    socket.once('error', reject).once('secureConnect', () => {
      signal.removeEventListener('abort', stop)
      resolve(socket)
    })
  })
}

function sendHttp1(url: URL, init: RequestInit, socket: TLSSocket | undefined): Promise<HttpResponse> {
  const { method = 'GET', headers, signal } = init
  return new Promise((resolve, reject) => {
    const start = begin()
    const request = httpRequest({
      protocol: 'http:',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || 80,
      path: url.pathname + url.search,
      method,
      // Otherwise Node asks the server to close the connection, which then looks like the server's wish.
      headers: { host: url.host, connection: 'keep-alive', ...headers },
      ...(socket ? { createConnection: () => socket } : { agent: false }),
    })
    const close = () => {
      request.destroy()
      socket?.destroy()
    }
    const stop = () => {
      close()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    // Also after the response: what breaks off then is the body's error.
    request.on('error', reject)
    request.once('response', (message: IncomingMessage) => {
      const names = Object.entries(message.headers)
      resolve({
        head: {
          url,
          status: message.statusCode ?? 0,
          headers: Object.fromEntries(names.map(([name, value]) => [name, String(value)])),
          protocol: message.httpVersion === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1',
          untrusted: reasonOf(socket),
          ...start.received(),
        },
        body: message,
        sentAt: start.sentAt,
        isComplete: () => message.complete,
        close,
      })
    })
    request.end()
  })
}

function sendHttp2(url: URL, init: RequestInit, socket: TLSSocket): Promise<HttpResponse> {
  const { method = 'GET', headers, signal } = init
  return new Promise((resolve, reject) => {
    const start = begin()
    const session = connectHttp2(url.origin, { createConnection: () => socket })
    const close = () => session.destroy()
    const stop = () => {
      close()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    session.on('error', reject)
    const stream: ClientHttp2Stream = session.request({
      ...headers,
      ':method': method,
      ':path': url.pathname + url.search,
    })
    stream.on('error', reject)
    let isComplete = false
    stream.once('end', () => {
      isComplete = !stream.aborted && stream.rstCode === 0
    })
    stream.once('close', () => reject(new Error('The server closed the HTTP/2 stream without a response')))
    stream.once('response', ({ ':status': status = 0, ...rest }) => {
      resolve({
        head: {
          url,
          status: Number(status),
          headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
          protocol: 'HTTP/2',
          untrusted: reasonOf(socket),
          ...start.received(),
        },
        body: stream,
        sentAt: start.sentAt,
        isComplete: () => isComplete,
        close,
      })
    })
    stream.end()
  })
}

function begin() {
  const requestedAt = Date.now()
  const sentAt = performance.now()
  return { sentAt, received: () => ({ requestedAt, headersMs: performance.now() - sentAt }) }
}

function reasonOf(socket: TLSSocket | undefined): string | undefined {
  return socket && !socket.authorized ? String(socket.authorizationError) : undefined
}

/** A header value whose characters may be any: HTTP sends its UTF-8 bytes. */
export function headerBytes(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
