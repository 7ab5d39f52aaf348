import { type ClientRequest, type IncomingMessage, request } from 'node:http'

interface Query {
  method: string
  url: string
  data: { string?: string } | null
  headers: Record<string, string>
  responseType: string
  incrementalUpdates: boolean
  timeout: number
  withCredentials: boolean
}

type Emit = (event: string, args: unknown[]) => void

/**
 * React Native's native module `Networking` over `node:http`, with the events of RCTNetworking.mm (0.88): the status and
 * headers, the text of each piece of the body without the characters that are not complete, and the end. It follows
 * redirects, and leaves a byte order mark in the text.
 */
export class NativeNetworking {
  readonly queries: Query[] = []
  /** Calls `RCTDeviceEventEmitter.emit`. */
  emit: Emit = () => {}
  readonly #running = new Map<number, ClientRequest>()

  sendRequest = (query: Query, callback: (id: number) => void): void => {
    const id = this.queries.push(query)
    callback(id)
    this.#send(id, query, query.url, query.method)
  }

  abortRequest = (id: number): void => {
    this.#running.get(id)?.destroy()
    this.#running.delete(id)
  }

  addListener = (): void => {}
  removeListeners = (): void => {}
  clearCookies = (): void => {}

  #send(id: number, query: Query, url: string, method: string): void {
    const sent = request(url, { method, headers: query.headers, agent: false }, (response) => {
      const { statusCode = 0, headers } = response
      if (statusCode >= 300 && statusCode < 400 && headers.location) {
        response.resume()
        const next = new URL(headers.location, url).href
        return this.#send(id, query, next, statusCode === 303 ? 'GET' : method)
      }
      this.#receive(id, query, url, response)
    })
    sent.on('error', () => this.#complete(id, 'Could not connect to the server.'))
    this.#running.set(id, sent)
    sent.end(Buffer.from(method === 'GET' ? '' : (query.data?.string ?? '')))
  }

  #receive(id: number, query: Query, url: string, response: IncomingMessage): void {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let whole = ''
    let progress = 0
    this.emit('didReceiveNetworkResponse', [id, response.statusCode, response.headers, url])
    response.on('data', (piece: Buffer) => {
      progress += piece.length
      const text = decoder.decode(piece, { stream: true })
      if (query.incrementalUpdates) this.emit('didReceiveNetworkIncrementalData', [id, text, progress, -1])
      else whole += text
    })
    response.on('end', () => {
      if (!query.incrementalUpdates) this.emit('didReceiveNetworkData', [id, whole])
      this.#complete(id, undefined)
    })
    response.on('error', () => this.#complete(id, 'The network connection was lost.'))
  }

  #complete(id: number, error: string | undefined): void {
    if (this.#running.delete(id)) this.emit('didCompleteNetworkResponse', [id, error, false])
  }
}
