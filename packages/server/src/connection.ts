import { CONTROL, END_ID, encodeComment, encodeMessage, isSseError, SseError } from '@sse/contract'
import { type Beating, startHeartbeat, unref } from './heartbeat.ts'
import { Outbox, type Sink } from './outbox.ts'
import { type EventIterator, isThenable, iterate, type Pulled } from './source.ts'

/** What of a stream's settings a connection needs. */
export interface ConnectionSettings {
  path: string
  heartbeatMs: number
  retryMs: number | undefined
  encode: (item: unknown) => string
  onError: (error: unknown) => void
}

/** How long a source may take to its first event before the response's headers go out without it. */
const COMMIT_WAIT_MS = 50
/** How long a generator may stay parked after its client left before it is named in a warning. */
const PARKED_WARNING_MS = 10_000
const HEARTBEAT = encodeComment()
const END = encodeMessage({ event: CONTROL.end, id: END_ID })

/**
 * One open response: pulls the source while the sink has room, and lets go of everything when either side ends.
 *
 * It exists before the response has started, so that a client that leaves during `authorize` is noticed.
 */
export class Connection implements Beating {
  readonly #settings: ConnectionSettings
  readonly #abort = new AbortController()
  #iterator: EventIterator | undefined
  #outbox: Outbox | undefined
  #first: Promise<Pulled | undefined> | Pulled | undefined
  #isWaitingForRoom = false
  #isClosed = false
  #stopHeartbeat: () => void = () => {}

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Starts the source and waits for its first event, but not for long: a source that fails at once is still
   * a real HTTP status, and one that is merely slow does not delay the open.
   */
  async prepare(makeSource: () => unknown): Promise<void> {
    const first = Promise.resolve(makeSource()).then((source) => {
      const iterator = iterate(source, this.#settings.path)
      this.#iterator = iterator
      if (this.#isClosed) this.#release()
      return this.#isClosed ? undefined : iterator.next()
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const isLate = await Promise.race([
      first.then(() => false),
      new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, COMMIT_WAIT_MS, true)
      }),
    ]).finally(() => clearTimeout(timer))
    // A client that left meanwhile: nobody is going to start this, so what becomes of it is told from here.
    if (isLate && this.#isClosed) first.catch((error) => this.report(error))
    else this.#first = isLate ? first : await first
  }

  /** The headers are out: writes to `sink` from now on. */
  start(sink: Sink): void {
    if (this.#isClosed) return sink.end()
    const { heartbeatMs, retryMs } = this.#settings
    this.#outbox = new Outbox(sink, this.#onRoom)
    this.#stopHeartbeat = startHeartbeat(this, heartbeatMs)
    // The first bytes: some browsers and proxies hold the headers back until there are any.
    this.#outbox.send(retryMs === undefined ? HEARTBEAT : encodeMessage({ retry: retryMs }))
    const first = this.#first
    this.#first = undefined
    if (first instanceof Promise) first.then((pulled) => pulled && this.#onPulled(pulled), this.#onFailure)
    else if (first) this.#onPulled(first)
  }

  /** The sink has room again. */
  drained(): void {
    this.#outbox?.drained()
  }

  beat(): void {
    // A full socket needs no proof of life, and would only grow.
    if (this.#outbox && !this.#outbox.full) this.#outbox.send(HEARTBEAT)
  }

  /** Ends the connection from outside: the signal aborts at once, nothing waits for the source. */
  disconnect(reason: SseError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outbox?.discard()
    this.#stopHeartbeat()
    this.#abort.abort(reason)
    if (this.#first instanceof Promise) this.#first.catch((error) => this.report(error))
    this.#first = undefined
    this.#release()
  }

  /** Tells the developer of an error, unless it is only the abort coming back. */
  report(error: unknown): void {
    const { aborted, reason } = this.signal
    const isEcho =
      error === reason || (error instanceof Error && (error.name === 'AbortError' || error.cause === reason))
    if (!aborted || !isEcho) this.#settings.onError(error)
  }

  #pull(): void {
    const iterator = this.#iterator as EventIterator
    for (;;) {
      if (this.#outbox?.full) {
        this.#isWaitingForRoom = true
        return
      }
      let pulled: Pulled | PromiseLike<Pulled>
      try {
        pulled = iterator.next()
      } catch (error) {
        return this.#onFailure(error)
      }
      if (isThenable(pulled)) {
        pulled.then(this.#onPulled, this.#onFailure)
        return
      }
      if (!this.#take(pulled)) return
    }
  }

  /** Sends what was pulled; whether to pull on. */
  #take(pulled: Pulled): boolean {
    if (this.#isClosed) return false
    if (pulled.done) {
      this.#finish(END)
      return false
    }
    try {
      this.#outbox?.send(this.#settings.encode(pulled.value))
      return true
    } catch (error) {
      this.#refuse(error)
      return false
    }
  }

  /** A yielded value that can't be sent is an error at its `yield`. */
  #refuse(error: unknown): void {
    const iterator = this.#iterator
    if (!iterator?.throw) return this.#onFailure(error)
    try {
      const pulled = iterator.throw(error)
      if (isThenable(pulled)) pulled.then(this.#onPulled, this.#onFailure)
      else this.#onPulled(pulled)
    } catch (thrown) {
      this.#onFailure(thrown)
    }
  }

  #finish(lastFrame: string): void {
    this.#isClosed = true
    this.#stopHeartbeat()
    this.#iterator = undefined
    this.#outbox?.send(lastFrame)
    this.#outbox?.end()
  }

  /** Asks the source to finish, without waiting: `return()` queues behind a `next()` that may never settle. */
  #release(): void {
    const iterator = this.#iterator
    this.#iterator = undefined
    if (!iterator?.return) return
    let returned: unknown
    try {
      returned = iterator.return()
    } catch (error) {
      return this.report(error)
    }
    if (!isThenable(returned)) return
    const { path, onError } = this.#settings
    const timer = setTimeout(() => {
      onError(
        new SseError(
          'source_parked',
          `The source of ${path} is still waiting ${PARKED_WARNING_MS / 1000} s after its client left; pass the context's signal to what it awaits`,
          { expose: false },
        ),
      )
    }, PARKED_WARNING_MS)
    unref(timer)
    returned.then(
      () => clearTimeout(timer),
      (error) => {
        clearTimeout(timer)
        this.report(error)
      },
    )
  }

  readonly #onPulled = (pulled: Pulled): void => {
    if (this.#take(pulled)) this.#pull()
  }

  readonly #onRoom = (): void => {
    if (!this.#isWaitingForRoom || this.#isClosed) return
    this.#isWaitingForRoom = false
    this.#pull()
  }

  readonly #onFailure = (error: unknown): void => {
    if (this.#isClosed) return this.report(error)
    this.#settings.onError(error)
    this.#release() // a generator that threw is done already; another iterator may hold something
    this.#finish(encodeMessage({ event: CONTROL.error, data: JSON.stringify(shown(error)) }))
  }
}

/** What a client may see of an error: an `SseError` says what it says, anything else is masked. */
export function shown(error: unknown): { code: string; message: string } {
  return isSseError(error) && error.expose ? error.toJSON() : { code: 'internal', message: 'Internal error' }
}
