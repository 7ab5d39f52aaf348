import { type Gap, type PayloadInput, SseError, type StreamContract } from '@sse/contract'
import { END_ID, matchPath } from '@sse/contract/protocol'
import { FakeConnection, FakeLog } from './fake-connection.ts'
import type { FakeEnd, FakeStream } from './fake-stream.ts'
import { History } from './history.ts'
import { type ReadRequest, readRequest, readUrl, type SeenRequest } from './seen-request.ts'

/** Options of `refuse`. */
export interface RefuseOptions {
  /** Number of requests to refuse. Default `Infinity`: until `accept()`. */
  times?: number
  /** `Retry-After` of the response, in milliseconds, rounded up to seconds. Default: no header. */
  retryAfterMs?: number
  /** Code in the JSON body. Default `refused`. */
  code?: string
  /** Message in the JSON body. Default `Refused by the fake server`. */
  message?: string
}

/** Server of a test; see `fakeServer`. */
export interface FakeServer<Contract extends StreamContract = StreamContract>
  extends FakeStream<Contract>,
    Disposable {
  readonly contract: Contract
  /**
   * Answers requests, acknowledgements and stops at the contract's path, under any origin and prefix. Other requests get
   * 404.
   * For `connect(contract, { fetch: server.fetch })` and the hooks.
   */
  readonly fetch: typeof fetch
  /** Open connections, oldest first. */
  readonly connections: readonly FakeConnection<Contract>[]
  /** All requests for the stream, including refused ones, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** All accepted acknowledgements; `lastEventId` is the acknowledged id. */
  readonly acks: readonly SeenRequest[]
  /**
   * All answered requests of `feed.stop()`. The answer is the run's end: the one of `end(…)`, else `stopped`, with which
   * the open connections to that path end, too.
   */
  readonly stops: readonly SeenRequest[]
  /** Replaces the global `fetch` for the contract's path. Other requests go to the original. */
  install(): void
  /**
   * Waits until `count` connections are open. Default 1.
   *
   * @returns the newest connection.
   */
  connected(count?: number): Promise<FakeConnection<Contract>>
  /**
   * Answers requests for the stream, and stops, with this status, 400 to 599, or fails them like a missing `network`.
   * Open connections stay.
   *
   * @throws {SseError} `option_invalid` for another status or a negative number.
   */
  refuse(answer: number | 'network', options?: RefuseOptions): void
  /** Serves requests again. */
  accept(): void
  /**
   * Removes all history. Open connections receive a gap, and so do clients that resume and missed events. `trimmed`:
   * events became too old. `epoch`: the log was replaced. `ahead`: the log lost its end.
   */
  gap(reason: Gap['reason']): void
  /** Delivers every byte as a separate chunk from now on. */
  splitBytes(): void
  /** Drops every connection, restores the global `fetch`, and fails later requests. Idempotent. */
  close(): void
}

/**
 * Creates an in-memory server for tests. It sends the bytes of a hub, accepts the same requests, and replays missed
 * events to clients that resume.
 *
 * A connection uses the timers that are installed when it opens: install fake timers before.
 *
 * @example
 * const server = fakeServer(leads)
 * const feed = connect(leads, { baseUrl: 'http://test', params: { owner: '42' }, fetch: server.fetch })
 * await server.connected()
 * server.send('lead', { id: '1', title: 'Ada' })
 * server.drop()
 * @see docs/reference/protocol.md
 */
export function fakeServer<Contract extends StreamContract>(contract: Contract): FakeServer<Contract> {
  return new MemoryServer(contract)
}

/** @see docs/reference/protocol.md#response */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

class MemoryServer<Contract extends StreamContract> implements FakeServer<Contract> {
  readonly contract: Contract
  readonly requests: SeenRequest[] = []
  readonly acks: SeenRequest[] = []
  readonly stops: SeenRequest[] = []
  readonly #log: FakeLog<Contract>
  readonly #open = new Set<FakeConnection<Contract>>()
  #waiting: { count: number; resolve: (newest: FakeConnection<Contract>) => void }[] = []
  #refusal: { left: number; answer: () => Response } | undefined
  #uninstall: (() => void) | undefined
  #isClosed = false

  constructor(contract: Contract) {
    this.contract = contract
    this.#log = new FakeLog(contract, new History())
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { signal, ...request } = await readRequest(input, init)
    if (signal?.aborted) throw signal.reason
    if (this.#isClosed) throw new TypeError('The fake server is closed')
    const { pathname } = request.url
    const isPost = request.method === 'POST'
    const acked = isPost && matchPath(this.#pathOf('/ack'), pathname)
    if (acked) return this.#acknowledge({ ...request, params: acked })
    const stopped = isPost && matchPath(this.#pathOf('/stop'), pathname)
    if (stopped) return this.#stop({ ...request, params: stopped })
    const params = matchPath(this.contract.path, pathname)
    if (!params) return refusal(404, 'not_found', 'No stream at this path')
    return this.#answer({ ...request, params }, signal)
  }

  get connections(): readonly FakeConnection<Contract>[] {
    return [...this.#open]
  }

  install(): void {
    if (this.#uninstall) return
    const before = globalThis.fetch
    let isInstalled = true
    // Other code may have wrapped it since: it passes everything on once it is uninstalled.
    const replacement: typeof fetch = (input, init) =>
      isInstalled && this.#serves(input) ? this.fetch(input, init) : before(input, init)
    globalThis.fetch = replacement
    this.#uninstall = () => {
      isInstalled = false
      if (globalThis.fetch === replacement) globalThis.fetch = before
    }
  }

  connected(count = 1): Promise<FakeConnection<Contract>> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve })
      this.#resolveWaiting()
    })
  }

  refuse(answer: number | 'network', options: RefuseOptions = {}): void {
    const {
      times = Infinity,
      retryAfterMs,
      code = 'refused',
      message = 'Refused by the fake server',
    } = options
    if (answer !== 'network' && !(answer >= 400 && answer <= 599)) {
      throw invalid(`refuse: the answer must be a status from 400 to 599 or 'network', not ${answer}`)
    }
    if (!(times >= 0)) throw invalid(`refuse: times must be 0 or more, not ${times}`)
    if (retryAfterMs !== undefined && !(retryAfterMs >= 0)) {
      throw invalid(`refuse: retryAfterMs must be 0 or more, not ${retryAfterMs}`)
    }
    this.#refusal = {
      left: times,
      answer: () => {
        if (answer === 'network') throw new TypeError('The fake server cannot be reached')
        const headers =
          retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }
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
    return this.#sendToAll(this.#log.store(name, payload))
  }

  sendInvalid(name: string, payload: unknown): string {
    return this.#sendToAll(this.#log.storeInvalid(name, payload))
  }

  raw(text: string): void {
    this.#each((connection) => connection.raw(text))
  }

  retry(ms: number): void {
    this.#each((connection) => connection.retry(ms))
    this.#log.retryMs = ms
  }

  heartbeat(): void {
    this.#each((connection) => connection.heartbeat())
  }

  gap(reason: Gap['reason']): void {
    this.#log.history.lose(reason)
    this.#each((connection) => connection.sendGap(reason))
  }

  end(end?: FakeEnd): void {
    this.#each((connection) => connection.end(end))
  }

  error(code?: string, message?: string): void {
    this.#each((connection) => connection.error(code, message))
  }

  drop(): void {
    this.#each((connection) => connection.drop())
  }

  stall(): () => void {
    const releases = this.connections.map((connection) => connection.stall())
    return () => {
      for (const release of releases) release()
    }
  }

  splitBytes(): void {
    this.#log.isSplit = true
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

  #serves(input: RequestInfo | URL): boolean {
    const { pathname } = readUrl(input)
    return ['', '/ack', '/stop'].some((action) => matchPath(this.#pathOf(action), pathname))
  }

  #pathOf(action: string): string {
    return `${this.contract.path.replace(/\/$/, '')}${action}` || '/'
  }

  #answer(request: SeenRequest, signal: ReadRequest['signal']): Response {
    this.requests.push(request)
    const refused = this.#refuse()
    if (refused) return refused
    if (request.lastEventId === END_ID) return new Response(null, { status: 204 })
    if (request.method === 'HEAD') return new Response(null, { headers: STREAM_HEADERS })
    const connection = new FakeConnection(this.#log, request, () => this.#open.delete(connection))
    this.#open.add(connection)
    signal?.addEventListener('abort', () => connection.abort(signal.reason), { once: true })
    this.#resolveWaiting()
    const end = this.#log.ends.get(request.url.pathname)
    if (end) connection.end(end)
    return new Response(connection.body, { headers: STREAM_HEADERS })
  }

  #refuse(): Response | undefined {
    if (!this.#refusal || this.#refusal.left <= 0) return undefined
    this.#refusal.left -= 1
    return this.#refusal.answer()
  }

  #stop(request: SeenRequest): Response {
    const refused = this.#refuse()
    if (refused) return refused
    this.stops.push(request)
    const pathname = request.url.pathname.replace(/\/stop$/, '') || '/'
    const end = this.#log.ends.get(pathname) ?? { status: 'stopped' }
    this.#log.ends.set(pathname, end)
    this.#each((connection) => {
      if (connection.request.url.pathname === pathname) connection.end(end)
    })
    return Response.json(end, { headers: { 'cache-control': 'no-store' } })
  }

  #acknowledge(request: SeenRequest): Response {
    const id = request.headers.has('last-event-id') ? request.lastEventId : undefined
    if (id === undefined) return refusal(400, 'ack_invalid', 'Last-Event-ID is missing')
    if (this.#log.history.startPosition(id).gap) {
      return refusal(409, 'ack_invalid', 'Not an id of this log')
    }
    this.acks.push(request)
    return new Response(null, { status: 204 })
  }

  #resolveWaiting(): void {
    const newest = this.connections.at(-1)
    if (!newest) return
    const isReached = ({ count }: { count: number }) => this.#open.size >= count
    const reached = this.#waiting.filter(isReached)
    this.#waiting = this.#waiting.filter((waiting) => !isReached(waiting))
    for (const { resolve } of reached) resolve(newest)
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
