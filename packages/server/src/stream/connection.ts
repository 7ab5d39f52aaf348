import { isSseError, SseError } from '@sse/contract'
import { encodeComment, encodeMessage } from '@sse/contract/protocol'
import { report as reportDiagnostic } from '../diagnostics.ts'
import { startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { type ClosedWatcher, type ConnectionHandle, isOpenable, type Sender } from './connection-handle.ts'
import { errorFrame } from './error-frame.ts'
import { MaxAgeTimer } from './max-age-timer.ts'
import { Pump } from './pump.ts'
import { Reauthorizer } from './reauthorizer.ts'
import type { Sink, StallWatch } from './sink.ts'

/** What of a stream's settings a connection needs. */
export interface ConnectionSettings {
  readonly path: string
  readonly heartbeatMs: number
  readonly retryMs: number | undefined
  readonly stallTimeoutMs: number
  readonly maxConnectionMs: number
  readonly reauthorizeMs: number
  readonly encode: (item: unknown) => string
  /** Rejects, or gives `false`, when the client may no longer be here. */
  readonly authorize: (context: unknown) => unknown
  readonly onError: (error: unknown, context: unknown) => void
}

/** How long a source may take to its first event before the response's headers go out without it. */
const COMMIT_WAIT_MS = 50
const FIRST_BYTES = encodeComment()

/**
 * One open response: what fills it is its sender's, when and why it ends is decided here.
 *
 * It exists before the response has started, so that a client that leaves during `authorize` is noticed.
 */
export class Connection implements ConnectionHandle, StallWatch {
  readonly #settings: ConnectionSettings
  /** What the app's functions are told of the request. */
  context: unknown
  readonly lastEventId: string | undefined
  identity: string | undefined
  #abort: AbortController | undefined
  #reason: Error | undefined
  #sender: Sender | undefined
  #sink: Sink | undefined
  #opening: Promise<void> | undefined
  #duties: readonly { stop(): void }[] | undefined
  #isClosed = false
  #isGone = false
  #watchers: ClosedWatcher | ClosedWatcher[] | undefined

  constructor(settings: ConnectionSettings, lastEventId: string | undefined) {
    this.#settings = settings
    this.lastEventId = lastEventId
  }

  get path(): string {
    return this.#settings.path
  }

  get heartbeatMs(): number {
    return this.#settings.heartbeatMs
  }

  get stallTimeoutMs(): number {
    return this.#settings.stallTimeoutMs
  }

  /** Made when it is first asked for: most of a hub's connections never do. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.#reason) this.#abort.abort(this.#reason)
    }
    return this.#abort.signal
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Opens the source and waits until it is ready, but not for long: a source that fails at once is still a real
   * HTTP status, and one that is merely slow does not delay the open.
   */
  async prepare(makeSource: () => unknown): Promise<void> {
    const opening = Promise.resolve(makeSource()).then((source): PromiseLike<void> | undefined => {
      const sender = isOpenable(source)
        ? source['@sse/open'](this)
        : new Pump(source, this, this.#settings.encode)
      this.#sender = sender
      if (!this.#isClosed) return sender.ready
      sender.stop()
      return undefined
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const isLate = await Promise.race([
      opening.then(() => false),
      new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, COMMIT_WAIT_MS, true)
      }),
    ]).finally(() => clearTimeout(timer))
    // A client that left meanwhile: nobody is going to start this, so what becomes of it is told from here.
    if (isLate && this.#isClosed) opening.catch((error) => this.report(error))
    else if (isLate) this.#opening = opening
  }

  /** The headers are out: `sink` takes what the sender has. */
  start(sink: Sink): void {
    if (this.#isClosed) return sink.end()
    this.#sink = sink
    this.#startDuties()
    reportDiagnostic('sse.connection.opened', { path: this.path })
    const { retryMs } = this.#settings
    // The first bytes: some browsers and proxies hold the headers back until there are any.
    const preamble = retryMs === undefined ? FIRST_BYTES : encodeMessage({ retry: retryMs })
    if (!this.#opening) return this.#sender?.start(sink, preamble)
    sink.write(preamble)
    this.#awaitSender(sink, this.#opening)
    this.#opening = undefined
  }

  /** The sink has room again. */
  drained(): void {
    if (!this.#isClosed) this.#sender?.drained()
  }

  /** The peer took nothing for `stallTimeoutMs`. */
  stalled(): void {
    const { stallTimeoutMs } = this.#settings
    this.close(new SseError('stalled', `The client took nothing for ${stallTimeoutMs} ms`))
  }

  end(lastFrame: string): void {
    this.#finish('ended', lastFrame)
  }

  fail(error: unknown): void {
    if (this.#isClosed) return this.report(error)
    this.#settings.onError(error, this.context)
    this.#finish('failed', errorFrame(error))
  }

  /** Ends the connection from outside: the signal aborts at once, nothing waits for the source. */
  close(reason: Error, lastFrame?: string): void {
    if (this.#isClosed) return
    this.#reason = reason
    this.#abort?.abort(reason)
    this.#opening?.catch((error) => this.report(error))
    this.#opening = undefined
    this.#finish(isSseError(reason) ? reason.code : 'internal', lastFrame)
    if (lastFrame === undefined && !this.#isGone) this.#sink?.destroy()
  }

  destroy(): void {
    this.#sink?.destroy()
  }

  /** The response is closed: by its end, or because the client has left. */
  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.close(new SseError('client_gone', 'The client has left'))
    for (const watcher of [this.#watchers ?? []].flat()) watcher.closed(this)
    this.#watchers = undefined
  }

  report(error: unknown): void {
    const reason = this.#reason
    const isEcho =
      error === reason || (error instanceof Error && (error.name === 'AbortError' || error.cause === reason))
    if (!reason || !isEcho) this.#settings.onError(error, this.context)
  }

  onClosed(watcher: ClosedWatcher): void {
    if (this.#isGone) watcher.closed(this)
    else this.#watchers = this.#watchers ? [this.#watchers, watcher].flat() : watcher
  }

  #finish(reason: string, lastFrame?: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const duty of this.#duties ?? []) duty.stop()
    const sink = this.#sink
    if (sink) reportDiagnostic('sse.connection.closed', { path: this.path, reason })
    const isStarted = this.#sender?.stop(lastFrame) ?? false
    if (isStarted || !sink || lastFrame === undefined) return
    sink.write(lastFrame)
    sink.end()
  }

  /** The response has started before its sender is ready: heartbeats are all it has until then. */
  #awaitSender(sink: Sink, opening: Promise<void>): void {
    const heartbeat = { tick: () => sink.write(FIRST_BYTES) }
    const stop = () => stopPeriodic(heartbeat, this.heartbeatMs)
    startPeriodic(heartbeat, this.heartbeatMs)
    this.#duties = [...(this.#duties ?? []), { stop }]
    opening.then(
      () => {
        stop()
        if (!this.#isClosed) this.#sender?.start(sink, '')
      },
      (error) => this.fail(error),
    )
  }

  #startDuties(): void {
    const { maxConnectionMs, reauthorizeMs, retryMs, authorize } = this.#settings
    const duties: { stop(): void }[] = []
    if (maxConnectionMs !== Number.POSITIVE_INFINITY) {
      duties.push(new MaxAgeTimer(this, maxConnectionMs, retryMs))
    }
    if (reauthorizeMs !== Number.POSITIVE_INFINITY) {
      duties.push(new Reauthorizer(this, reauthorizeMs, () => authorize(this.context)))
    }
    if (duties.length > 0) this.#duties = duties
  }
}
