import { type Gap, type PayloadInput, SseError, type StreamContract } from '@sse/contract'
import { END_ID, matchPath } from '@sse/contract/protocol'
import { FakeConnection, FakeSource } from './fake-connection.ts'
import type { FakeStream } from './fake-stream.ts'
import { History } from './history.ts'
import { type ReadRequest, readRequest, readUrl, type SeenRequest } from './seen-request.ts'

export interface RefuseOptions {
  /** How many requests are refused; the next is served. Default `Infinity`: until `accept()`. */
  times?: number
  /** The answer's `Retry-After` in seconds. Default: none. */
  retryAfter?: number
  /** What the answer's JSON body says. Default `refused`. */
  code?: string
  /** Default `Refused by the fake server`. */
  message?: string
}

/** See `fakeServer`. */
export interface FakeServer<Contract extends StreamContract = StreamContract>
  extends FakeStream<Contract>,
    Disposable {
  readonly contract: Contract
  /**
   * Answers requests at the contract's path, under any origin and prefix, and acknowledgements; others get 404.
   * For `connect(contract, { fetch: server.fetch })` and the hooks.
   */
  readonly fetch: typeof fetch
  /** Those that are open, oldest first. */
  readonly connections: readonly FakeConnection<Contract>[]
  /** Every request for the stream, refused ones too, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** Every acknowledgement that was taken: `lastEventId` is what it names. */
  readonly acks: readonly SeenRequest[]
  /** Takes the place of the global `fetch` for the contract's path; other requests go where they went. */
  install(): void
  /**
   * Waits until `count` connections are open. Default 1.
   *
   * @returns the newest.
   */
  connected(count?: number): Promise<FakeConnection<Contract>>
  /**
   * From now on requests are answered with this status, 400 to 599, or fail as without a `network`. What is open
   * stays.
   *
   * @throws {SseError} `option_invalid`.
   */
  refuse(answer: number | 'network', options?: RefuseOptions): void
  /** Requests are served again. */
  accept(): void
  /**
   * Everything that was sent is forgotten; who is connected is told, who comes back and has missed some, too.
   * `trimmed`: too old; `epoch`: the log is another; `ahead`: the log lost its end.
   */
  gap(reason: Gap['reason']): void
  /** From now on each byte arrives on its own. */
  splitBytes(): void
  /** Drops every connection, gives the global `fetch` back; requests fail. Closing twice is nothing. */
  close(): void
}

/**
 * A server for tests, in memory: what follows it can't tell it from a hub. It sends the same bytes, takes the
 * same requests, and a client that comes back gets what it has missed.
 *
 * Time is that of the timers there are when a connection opens: put fake ones in before.
 *
 * @example
 * const server = fakeServer(leads)
 * const feed = connect(leads, { baseUrl: 'http://test', params: { owner: '42' }, fetch: server.fetch })
 * await server.connected()
 * server.send('lead', { id: '1', title: 'Ada' })
 * server.drop()
 * @see docs/PROTOCOL.md
 */
export function fakeServer<Contract extends StreamContract>(contract: Contract): FakeServer<Contract> {
  return new MemoryServer(contract)
}

/** @see docs/PROTOCOL.md#response */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

class MemoryServer<Contract extends StreamContract> implements FakeServer<Contract> {
  readonly contract: Contract
  readonly requests: SeenRequest[] = []
  readonly acks: SeenRequest[] = []
  readonly #source: FakeSource<Contract>
  readonly #open = new Set<FakeConnection<Contract>>()
  #waiting: { count: number; resolve: (newest: FakeConnection<Contract>) => void }[] = []
  #refusal: { left: number; answer: () => Response } | undefined
  #uninstall: (() => void) | undefined
  #isClosed = false

  constructor(contract: Contract) {
    this.contract = contract
    this.#source = new FakeSource(contract, new History())
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { signal, ...request } = await readRequest(input, init)
    if (signal?.aborted) throw signal.reason
    if (this.#isClosed) throw new TypeError('The fake server is closed')
    const { path } = this.contract
    const { pathname } = request.url
    const acked = request.method === 'POST' && matchPath(`${path.replace(/\/$/, '')}/ack`, pathname)
    if (acked) return this.#acknowledge({ ...request, params: acked })
    const params = matchPath(path, pathname)
    if (!params) return refusal(404, 'not_found', 'There is no stream at this path')
    return this.#answer({ ...request, params }, signal)
  }

  get connections(): readonly FakeConnection<Contract>[] {
    return [...this.#open]
  }

  install(): void {
    if (this.#uninstall) return
    const before = globalThis.fetch
    let isInstalled = true
    // Only while it is installed: others may have taken its place since, and call it.
    const standIn: typeof fetch = (input, init) =>
      isInstalled && this.#isMine(input) ? this.fetch(input, init) : before(input, init)
    globalThis.fetch = standIn
    this.#uninstall = () => {
      isInstalled = false
      if (globalThis.fetch === standIn) globalThis.fetch = before
    }
  }

  connected(count = 1): Promise<FakeConnection<Contract>> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve })
      this.#tellConnected()
    })
  }

  refuse(answer: number | 'network', options: RefuseOptions = {}): void {
    const { times = Infinity, retryAfter, code = 'refused', message = 'Refused by the fake server' } = options
    if (answer !== 'network' && !(answer >= 400 && answer <= 599)) {
      throw invalid(`refuse: give a status of 400 to 599, or 'network', not ${answer}`)
    }
    if (!(times >= 0)) throw invalid(`refuse: times must be 0 or more, not ${times}`)
    this.#refusal = {
      left: times,
      answer: () => {
        if (answer === 'network') throw new TypeError('The fake server can not be reached')
        const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
        return refusal(answer, code, message, headers)
      },
    }
  }

  accept(): void {
    this.#refusal = undefined
  }

  send<Name extends keyof Contract['events'] & string>(
    name: Name,
    payload: PayloadInput<Contract, Name>,
  ): string {
    return this.#sendToAll(this.#source.store(name, payload))
  }

  sendInvalid(name: string, payload: unknown): string {
    return this.#sendToAll(this.#source.storeInvalid(name, payload))
  }

  raw(text: string): void {
    this.#each((connection) => connection.raw(text))
  }

  retry(ms: number): void {
    this.#each((connection) => connection.retry(ms))
    this.#source.retryMs = ms
  }

  heartbeat(): void {
    this.#each((connection) => connection.heartbeat())
  }

  gap(reason: Gap['reason']): void {
    this.#source.history.lose(reason)
    this.#each((connection) => connection.tellGap(reason))
  }

  end(): void {
    this.#each((connection) => connection.end())
  }

  error(code?: string, message?: string): void {
    this.#each((connection) => connection.error(code, message))
  }

  drop(): void {
    this.#each((connection) => connection.drop())
  }

  stall(): () => void {
    const goOn = this.connections.map((connection) => connection.stall())
    return () => {
      for (const go of goOn) go()
    }
  }

  splitBytes(): void {
    this.#source.isSplit = true
  }

  close(): void {
    this.#isClosed = true
    this.#uninstall?.()
    this.#uninstall = undefined
    this.drop()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #each(task: (connection: FakeConnection<Contract>) => void): void {
    for (const connection of this.connections) task(connection)
  }

  #sendToAll({ entry, id }: ReturnType<History['append']>): string {
    this.raw(entry.frame)
    return id
  }

  #isMine(input: RequestInfo | URL): boolean {
    const { path } = this.contract
    const { pathname } = readUrl(input)
    return [path, `${path.replace(/\/$/, '')}/ack`].some((mine) => matchPath(mine, pathname))
  }

  #answer(request: SeenRequest, signal: ReadRequest['signal']): Response {
    this.requests.push(request)
    if (this.#refusal && this.#refusal.left > 0) {
      this.#refusal.left -= 1
      return this.#refusal.answer()
    }
    if (request.lastEventId === END_ID) return new Response(null, { status: 204 })
    if (request.method === 'HEAD') return new Response(null, { headers: STREAM_HEADERS })
    const connection = new FakeConnection(this.#source, request, () => this.#open.delete(connection))
    this.#open.add(connection)
    signal?.addEventListener('abort', () => connection.abort(signal.reason), { once: true })
    this.#tellConnected()
    return new Response(connection.body, { headers: STREAM_HEADERS })
  }

  #acknowledge(request: SeenRequest): Response {
    const id = request.headers.has('last-event-id') ? request.lastEventId : undefined
    if (id === undefined) return refusal(400, 'ack_invalid', 'Last-Event-ID is missing')
    if (this.#source.history.find(id).gap) {
      return refusal(409, 'ack_invalid', 'This is no id of this log')
    }
    this.acks.push(request)
    return new Response(null, { status: 204 })
  }

  #tellConnected(): void {
    const newest = this.connections.at(-1)
    if (!newest) return
    const isMet = ({ count }: { count: number }) => this.#open.size >= count
    const met = this.#waiting.filter(isMet)
    this.#waiting = this.#waiting.filter((waiting) => !isMet(waiting))
    for (const { resolve } of met) resolve(newest)
  }
}

function refusal(status: number, code: string, message: string, headers = {}): Response {
  return new Response(JSON.stringify({ code, message }), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', message)
}
