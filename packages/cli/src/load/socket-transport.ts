import { connect as connectTcp, type Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { SseError } from '@sse/client'
import {
  readRefusal,
  readRefusedResponse,
  type Transport,
  type TransportEvents,
  type TransportHandle,
  type TransportRequest,
} from '@sse/client/transport'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import { HTTPParser } from 'http-parser-js'
import { redact } from '../redact.ts'

/** Where connections go. */
export interface Destination {
  /** IP address. */
  readonly address: string
  readonly port: number
  /** With TLS: what all its connections share, and the name on the certificate. */
  readonly tls?: { readonly context: SecureContext; readonly servername: string }
  /** Longest wait for the head of a response, in milliseconds. */
  readonly timeoutMs: number
}

/** What is measured of a connection, besides what its feed reports. */
export interface SocketObserver {
  /** IP address that the connection is made from; `undefined` for the system's choice. */
  readonly localAddress: string | undefined
  /** The head of a stream's response arrived, so many milliseconds after the connection was started. */
  opened(ms: number): void
  received(bytes: number): void
  /** @param id - the block's own id; `undefined` if it has none. */
  event(name: string, data: string, id: string | undefined): void
}

/** One for all sockets: what arrives is parsed before the next read. A buffer per read costs 15 KB a connection. */
const shared = Buffer.allocUnsafeSlow(64 * 1024)
const MAX_EVENT_CHARS = 16 * 1024 * 1024
/** How much of a refusal's body is read. */
const MAX_DETAIL_CHARS = 4_096
const DETAIL_TIMEOUT_MS = 1_000
/** A timer this late was held up by this process. Also the time to read what arrived meanwhile. */
const LATE_MS = 500

/**
 * Carries a stream over a socket, by HTTP/1.1. A connection of `fetch` takes 50 KB of memory and one of
 * `node:http` 29 KB; this one takes 8 KB. Redirects are not followed.
 */
export function socketTransport(destination: Destination, observer: SocketObserver): Transport {
  return (request, events) => new SocketAttempt(destination, observer, request, events)
}

class SocketAttempt implements TransportHandle {
  readonly #observer: SocketObserver
  readonly #events: TransportEvents
  readonly #socket: Socket
  readonly #startedAt = performance.now()
  #response: ResponseParser | undefined = new ResponseParser(this)
  #parser: EventSourceParser | undefined
  #decoder: StringDecoder | undefined
  #refusal: Refusal | undefined
  #isGrace = false

  constructor(
    { address, port, tls, timeoutMs }: Destination,
    observer: SocketObserver,
    request: TransportRequest,
    events: TransportEvents,
  ) {
    this.#observer = observer
    this.#events = events
    const { localAddress } = observer
    const onread = { buffer: shared, callback: (bytes: number) => this.#read(bytes) }
    const options = { host: address, port, onread, ...(localAddress !== undefined && { localAddress }) }
    const socket = tls
      ? connectTls({ ...options, secureContext: tls.context, servername: tls.servername })
      : connectTcp(options)
    this.#socket = socket
    socket.setTimeout(timeoutMs, () => this.#onTimeout(timeoutMs))
    socket.on('error', (cause) => this.#fail('The connection failed', cause))
    socket.on('close', () => this.#onClose())
    socket.write(requestHead(request), 'latin1')
    events.onActivity()
  }

  close(): void {
    this.#response = undefined
    this.#socket.destroy()
  }

  onHead(status: number, headers: readonly string[]): void {
    if (status < 200) return
    const header = (name: string) => headerOf(headers, name)
    const encoding = header('content-encoding')
    const location = header('location')
    const reason = readRefusal(status, header('content-type') ?? null)
    if (reason === 'no_content') return this.#end(reason)
    if (status >= 300 && status < 400 && location !== undefined) {
      const cause = new Error(`redirects to ${redact(location)}`)
      return this.#end(new SseError('http_status', `The server answered ${status}`, { status, cause }))
    }
    if (reason !== undefined) {
      this.#refusal = { status, headers: [...headers], body: '' }
      this.#socket.setTimeout(DETAIL_TIMEOUT_MS)
    } else if (encoding !== undefined && encoding !== 'identity') {
      this.#end(new SseError('content_type', `Compressed with ${encoding}, although that was not requested`))
    } else this.#open()
  }

  onBody(bytes: Buffer): void {
    if (this.#response === undefined) return
    if (this.#refusal) {
      this.#refusal.body += bytes.toString()
      if (this.#refusal.body.length > MAX_DETAIL_CHARS) this.#refuse(this.#refusal)
      return
    }
    this.#events.onActivity()
    try {
      this.#parser?.feed(this.#decode(bytes))
    } catch (cause) {
      const message = `An event has more than ${MAX_EVENT_CHARS} characters`
      this.#end(new SseError('payload_too_large', message, { cause }))
    }
  }

  onComplete(): void {
    if (this.#refusal) this.#refuse(this.#refusal)
    else if (this.#parser) this.#end(new SseError('dropped', 'The connection was closed'))
  }

  #open(): void {
    const observer = this.#observer
    const events = this.#events
    this.#socket.setTimeout(0)
    this.#parser = createParser({
      maxBufferSize: MAX_EVENT_CHARS,
      onId: (id) => events.onId(id),
      onEvent: ({ id, event = 'message', data }) => {
        if (this.#response === undefined) return
        observer.event(event, data, id)
        events.onMessage(event, data)
      },
      onComment: () => events.onHeartbeat(),
      onRetry: (retryMs) => events.onRetry(retryMs),
    })
    observer.opened(performance.now() - this.#startedAt)
    events.onOpen()
  }

  /** A decoder is only needed, and then kept, once a chunk has ended within a character: it takes 1 KB. */
  #decode(bytes: Buffer): string {
    const isWhole = (bytes.at(-1) ?? 0) < 0x80
    if (isWhole && this.#decoder === undefined) return bytes.toString()
    this.#decoder ??= new StringDecoder('utf8')
    return this.#decoder.write(bytes)
  }

  #read(bytes: number): boolean {
    this.#observer.received(bytes)
    const result = this.#response?.execute(shared, 0, bytes)
    if (result instanceof Error) this.#fail('Not HTTP', Object.assign(result, { code: 'NO_HTTP' }))
    return true
  }

  #onTimeout(timeoutMs: number): void {
    if (this.#refusal) return this.#refuse(this.#refusal)
    // A process that was busy itself has not yet read what arrived meanwhile.
    const isLate = performance.now() - this.#startedAt > timeoutMs + LATE_MS
    if (isLate && !this.#isGrace) {
      this.#isGrace = true
      this.#socket.setTimeout(LATE_MS)
      return
    }
    const message = `No answer for ${timeoutMs / 1_000} s`
    this.#fail(message, Object.assign(new Error(message), { code: 'NO_ANSWER' }))
  }

  /** The other side closed the connection. Has no effect after an end that was reported. */
  #onClose(): void {
    if (this.#refusal) return this.#refuse(this.#refusal)
    const failure = this.#response?.finish()
    // A body that ends with its connection has been completed by `finish`.
    const message = this.#parser ? 'The response was cut off' : 'The connection was closed without an answer'
    const code = this.#parser ? 'CUT_OFF' : 'ECONNRESET'
    this.#fail(message, Object.assign(failure ?? new Error(message), { code }))
  }

  #refuse({ status, headers, body }: Refusal): void {
    this.#refusal = undefined
    const names = ['content-type', 'retry-after', 'date'] as const
    const known = names.flatMap((name) => {
      const value = headerOf(headers, name)
      return value === undefined ? [] : [[name, value] as [string, string]]
    })
    const isNull = status === 205 || status === 304
    const response = new Response(isNull ? null : body, { status, headers: known })
    const events = this.#events
    this.close()
    readRefusedResponse(response, '').then(
      (reason) => events.onEnd(reason ?? 'no_content'),
      (cause) => events.onEnd(new SseError('network', 'Not HTTP', { cause })),
    )
  }

  #fail(message: string, cause: Error): void {
    this.#end(new SseError('network', message, { cause }))
  }

  #end(reason: Parameters<TransportEvents['onEnd']>[0]): void {
    if (this.#response === undefined) return
    this.close()
    this.#events.onEnd(reason)
  }
}

interface Refusal {
  readonly status: number
  readonly headers: readonly string[]
  body: string
}

/** Its callbacks are the same functions for every connection, which saves the memory of three closures each. */
class ResponseParser extends HTTPParser {
  readonly attempt: SocketAttempt

  constructor(attempt: SocketAttempt) {
    super(HTTPParser.RESPONSE)
    this.attempt = attempt
    this[HTTPParser.kOnHeadersComplete] = onHeadersComplete
    this[HTTPParser.kOnBody] = onBody
    this[HTTPParser.kOnMessageComplete] = onMessageComplete
  }
}

function onHeadersComplete(this: ResponseParser, info: { statusCode: number; headers: string[] }): void {
  const { statusCode, headers } = info
  info.headers = [] // not retained for the hours of a stream
  this.attempt.onHead(statusCode, headers)
}

function onBody(this: ResponseParser, bytes: Buffer): void {
  this.attempt.onBody(bytes)
}

function onMessageComplete(this: ResponseParser): void {
  this.attempt.onComplete()
}

function requestHead({ url, headers, lastEventId }: TransportRequest): string {
  const { host, pathname, search } = new URL(url)
  const fields: Record<string, string> = {
    host,
    accept: 'text/event-stream',
    'cache-control': 'no-cache',
    'user-agent': 'sse-load',
    ...headers,
    // The id's UTF-8 bytes, one per character.
    ...(lastEventId !== '' && { 'last-event-id': Buffer.from(lastEventId).toString('latin1') }),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  const index = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name)
  return index < 0 ? undefined : headers[index + 1]
}
