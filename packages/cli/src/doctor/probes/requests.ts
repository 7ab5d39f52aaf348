import type { Exchange, ResponseHead } from '../observations.ts'
import { isEventStream, type StreamFacts } from '../observations.ts'
import type { Timing } from '../timing.ts'
import { type Followed, followRedirects } from './follow-redirects.ts'
import { type HttpResponse, headerBytes, sendRequest } from './http-request.ts'
import { StreamReading } from './stream-reading.ts'

/** The stream to look at, and how clients ask for it. */
export interface Target {
  readonly url: URL
  /** Request headers from the user, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly origin: string | undefined
  readonly isLong: boolean
  readonly insecure: boolean
}

/** More of a page is not read. */
const MAX_PAGE_BYTES = 16_384

/** Sends the requests for one target, each on its own connection. */
export class Requests {
  readonly #target: Target
  readonly #timing: Timing
  readonly #signal: AbortSignal
  /** Where the redirects led. */
  #url: URL

  constructor(target: Target, timing: Timing, signal: AbortSignal) {
    this.#target = target
    this.#timing = timing
    this.#signal = signal
    this.#url = target.url
  }

  /** Follows the redirects of the target; later requests go where they lead. Rejects if it is interrupted. */
  async openFirst(): Promise<Followed | 'silent'> {
    const { url, headers, insecure } = this.#target
    const waiting = timeoutSignal(this.#timing.headersMs, this.#signal)
    const init = { headers: this.#headers(), insecure, signal: waiting.signal }
    try {
      const followed = await followRedirects(url, init, headers)
      this.#url = followed.response?.head.url ?? url
      return followed
    } catch (error) {
      if (waiting.hasExpired()) return 'silent'
      throw error
    } finally {
      waiting.clear()
    }
  }

  /** Reads a second connection to the stream until a condition holds. `undefined`: no response in time. */
  async read(
    headers: Readonly<Record<string, string>>,
    isEnough: (facts: StreamFacts, exchange: () => Exchange) => boolean,
    deadline: number,
  ): Promise<Exchange | undefined> {
    const response = await this.#send('GET', { ...this.#headers(), ...this.#personal(), ...headers })
    if (!response) return undefined
    if (!isEventStream(response.head)) {
      drop(response)
      return { head: response.head, stream: undefined }
    }
    const reading = new StreamReading(response)
    await reading.waitFor((facts) => isEnough(facts, () => reading.exchange), deadline)
    const { exchange } = reading
    reading.stop()
    return exchange
  }

  /** The same, as a client that reconnects after an id. */
  readAfter(
    id: string | undefined,
    isEnough: (facts: StreamFacts) => boolean,
    deadline: number,
  ): Promise<Exchange | undefined> {
    return this.read(id === undefined ? {} : { 'last-event-id': headerBytes(id) }, isEnough, deadline)
  }

  askHead(): Promise<ResponseHead | undefined> {
    return this.#ask('HEAD', { ...this.#headers(), ...this.#personal() })
  }

  /** The question of a browser whether a page may reconnect with fetch. `undefined` also if it need not ask. */
  async askPreflight(): Promise<ResponseHead | undefined> {
    const { origin, headers } = this.#target
    if (origin === undefined || origin === this.#url.origin) return undefined
    const names = new Set(['last-event-id', ...Object.keys(headers).filter((name) => name !== 'cookie')])
    return this.#ask('OPTIONS', {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': [...names].sort().join(','),
    })
  }

  async #ask(method: string, headers: Record<string, string>): Promise<ResponseHead | undefined> {
    const response = await this.#send(method, headers)
    if (response) drop(response)
    return response?.head
  }

  async #send(method: string, headers: Record<string, string>): Promise<HttpResponse | undefined> {
    const { insecure } = this.#target
    const waiting = timeoutSignal(this.#timing.probeMs, this.#signal)
    try {
      return await sendRequest(this.#url, { method, headers, insecure, signal: waiting.signal })
    } catch {
      return undefined
    } finally {
      waiting.clear()
    }
  }

  /** Headers that every request has, without those of the user. */
  #headers(): Record<string, string> {
    const { origin } = this.#target
    return {
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
      'user-agent': 'sse-doctor',
      ...(origin !== undefined && { origin }),
    }
  }

  /** Headers of the user. Another origin than the one in the command never gets them. */
  #personal(): Readonly<Record<string, string>> {
    return this.#url.origin === this.#target.url.origin ? this.#target.headers : {}
  }
}

/** Aborts with `signal`, or after a time unless it is cleared before. */
function timeoutSignal(ms: number, signal: AbortSignal) {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(new Error('No response in time')), ms)
  return {
    signal: AbortSignal.any([timeout.signal, signal]),
    hasExpired: () => timeout.signal.aborted && !signal.aborted,
    clear: () => clearTimeout(timer),
  }
}

function drop({ body, close }: HttpResponse): void {
  body.on('error', () => {})
  close()
}

/** Reads the begin of a body that is no stream. */
export async function readPage({ body, close }: HttpResponse, maxMs: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxMs)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    body.on('end', done).on('error', done).on('close', done)
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= MAX_PAGE_BYTES) done()
    })
  })
  close()
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_PAGE_BYTES)
}
