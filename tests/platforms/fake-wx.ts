import { type ClientRequest, type IncomingMessage, request } from 'node:http'

/** How a platform of WeChat differs from a phone. */
export interface WxQuirks {
  /** The developer tools give no status with the headers, and chunks as `Uint8Array`. */
  isDeveloperTools?: boolean
  /** WeChat for desktops reports no chunks, and gives the whole body at the end. */
  isDesktop?: boolean
  /** Base library before 2.20.2: neither chunks nor headers are reported. */
  isOld?: boolean
  /** Names of response headers as iOS and Android give them. */
  headerCase?: 'lower' | 'title'
}

interface Options {
  url: string
  method?: string
  header?: Record<string, string>
  data?: string
  timeout?: number
  enableChunked?: boolean
  responseType?: string
  success(response: object): void
  fail(error: { errMsg: string }): void
}

const titled = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/**
 * An imitation of WeChat's `wx` over real HTTP, made from its documentation: `request` with `enableChunked`, and the events
 * of the app. It follows redirects, ends a request after its timeout, and calls `fail` after `abort`.
 */
export class FakeWx {
  readonly requests: Options[] = []
  readonly #quirks: WxQuirks
  readonly #listeners: Record<string, Set<(value?: unknown) => void>> = {}

  constructor(quirks: WxQuirks = {}) {
    this.#quirks = quirks
  }

  /** Calls the listeners of `onAppShow`, `onAppHide` or `onNetworkStatusChange`. */
  emit(name: 'AppShow' | 'AppHide' | 'NetworkStatusChange', value?: unknown): void {
    for (const listener of this.#listeners[name] ?? []) listener(value)
  }

  listeners(name: string): number {
    return this.#listeners[name]?.size ?? 0
  }

  onAppShow = (listener: () => void) => this.#listen('AppShow', listener)
  onAppHide = (listener: () => void) => this.#listen('AppHide', listener)
  onNetworkStatusChange = (listener: () => void) => this.#listen('NetworkStatusChange', listener)
  offAppShow = (listener: () => void) => this.#listeners.AppShow?.delete(listener)
  offAppHide = (listener: () => void) => this.#listeners.AppHide?.delete(listener)
  offNetworkStatusChange = (listener: () => void) => this.#listeners.NetworkStatusChange?.delete(listener)

  request = (options: Options): object => {
    this.requests.push(options)
    const onHeaders: ((response: object) => void)[] = []
    const onChunk: ((chunk: object) => void)[] = []
    let current: ClientRequest | undefined
    let isOver = false
    const end = (call: () => void) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      call()
    }
    const fail = (why: string) => end(() => options.fail({ errMsg: `request:fail ${why}` }))
    const stop = (why: string) => {
      fail(why)
      current?.destroy()
    }
    const timer = setTimeout(stop, options.timeout ?? 60_000, 'timeout')

    const receive = (response: IncomingMessage): void => {
      const { statusCode = 0, headers } = response
      if (statusCode >= 300 && statusCode < 400 && headers.location) {
        response.resume()
        return send(new URL(headers.location, options.url).href, statusCode === 303 ? 'GET' : undefined)
      }
      const rename = this.#quirks.headerCase === 'title' ? titled : (name: string) => name
      const header = Object.fromEntries(Object.entries(headers).map(([name, value]) => [rename(name), value]))
      const { isDeveloperTools, isDesktop } = this.#quirks
      for (const call of onHeaders) call(isDeveloperTools ? { header } : { header, statusCode, cookies: [] })
      const body: Buffer[] = []
      const isChunked = options.enableChunked && !isDesktop
      response.on('data', (piece: Buffer) => {
        if (isOver) return
        if (!isChunked) body.push(piece)
        const bytes = Uint8Array.from(piece)
        for (const call of isChunked ? onChunk : []) call({ data: isDeveloperTools ? bytes : bytes.buffer })
      })
      response.on('end', () => {
        const bytes = Buffer.concat(body)
        const data = options.responseType === 'arraybuffer' ? Uint8Array.from(bytes).buffer : bytes.toString()
        end(() => options.success({ statusCode, header, cookies: [], data, errMsg: 'request:ok' }))
      })
      response.on('error', () =>
        fail('errcode:-100 cronet_error_code:-100 error_msg:net::ERR_CONNECTION_CLOSED'),
      )
    }
    const send = (url: string, method = options.method): void => {
      const header = { 'content-type': 'application/json', ...options.header }
      current = request(url, { method: method ?? 'GET', headers: header, agent: false }, receive)
      current.on('error', () =>
        fail('errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED'),
      )
      // As bytes: Node encodes the headers like a body that is text.
      current.end(Buffer.from(method === options.method ? (options.data ?? '') : ''))
    }
    // The app's settings list the domains it may reach.
    if (new URL(options.url).hostname.endsWith('.example'))
      queueMicrotask(() => fail('url not in domain list'))
    else send(options.url)
    const task = { abort: () => stop('abort') }
    if (this.#quirks.isOld) return task
    return {
      ...task,
      onHeadersReceived: (listener: (response: object) => void) => onHeaders.push(listener),
      onChunkReceived: (listener: (chunk: object) => void) => onChunk.push(listener),
    }
  }

  #listen(name: string, listener: (value?: unknown) => void): void {
    this.#listeners[name] ??= new Set()
    this.#listeners[name].add(listener)
  }
}
