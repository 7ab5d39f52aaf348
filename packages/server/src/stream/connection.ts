import { isSseError, SseError } from '@sse/contract'
import { encodeComment, encodeMessage } from '@sse/contract/protocol'
import { report as reportDiagnostic } from '../diagnostics.ts'
import type { ControlEncoder } from '../dialects/control-encoder.ts'
import type { RunOutcome } from '../runs/run-state.ts'
import { captureContext } from '../timing/async-context.ts'
import { isThenable } from '../timing/is-thenable.ts'
import { startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import type { Compressor } from './compressor.ts'
import {
  type ClosedWatcher,
  type CloseNotice,
  type ConnectionHandle,
  isOpenable,
  type Sender,
} from './connection-handle.ts'
import { ExpiryTimer } from './expiry-timer.ts'
import { MaxAgeTimer } from './max-age-timer.ts'
import { NOTHING_TO_STREAM } from './nothing-to-stream.ts'
import { toPublicError } from './public-error.ts'
import { Pump } from './pump.ts'
import { Reauthorizer } from './reauthorizer.ts'
import { releaseSource } from './release-source.ts'
import type { Sink, SinkOwner } from './sink.ts'
import { iterate } from './source.ts'

/** The settings that all connections of a stream share. */
export interface ConnectionSettings {
  readonly path: string
  readonly heartbeatMs: number
  readonly retryMs: number | undefined
  readonly stallTimeoutMs: number
  /** `undefined`: the default of the response's platform. */
  readonly maxConnectionMs: number | undefined
  readonly reauthorizeMs: number
  readonly encode: (item: unknown) => string
  readonly control: ControlEncoder
  /** `undefined`: the stream is never compressed. */
  readonly compressor: Compressor | undefined
  /** Called again while the stream is open. */
  readonly authorize: ((context: unknown) => unknown) | undefined
  /** Never throws. */
  readonly onError: (error: unknown, context: unknown) => void
}

/** How long a source may take to its first event before the response's headers are sent without it. */
const COMMIT_WAIT_MS = 50
const FIRST_BYTES = encodeComment()

/**
 * One request and its open response. The sender decides what is written; the connection decides when it ends and why.
 *
 * It exists before the response has started, so that a client that leaves during `authorize` is noticed.
 */
export class Connection implements ConnectionHandle, SinkOwner {
  readonly lastEventId: string | undefined
  readonly arrivedAt: number = performance.now()
  /** Set once `authorize` has admitted the client. */
  identity: string | undefined
  expiresAt: number = Number.POSITIVE_INFINITY
  /** Argument of the app's functions. */
  context: unknown
  sentBytes = 0
  /** Whether the client accepts the coding of the stream's compressor. */
  acceptsCoding = false
  readonly #settings: ConnectionSettings
  #abort: AbortController | undefined
  #inContext: ReturnType<typeof captureContext> | undefined
  #reason: Error | undefined
  #sender: Sender | undefined
  #sink: Sink | undefined
  #opening: Promise<void> | undefined
  #duties: readonly { stop(): void }[] | undefined
  #isClosed = false
  #isGone = false
  /** It was open until its client left. */
  #wasLeft = false
  #startedAt = 0
  #hasSentEvent = false
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

  get retryMs(): number | undefined {
    return this.#settings.retryMs
  }

  get control(): ControlEncoder {
    return this.#settings.control
  }

  /** Compresses this response; `undefined`: it is sent as it is. */
  get compressor(): Compressor | undefined {
    return this.acceptsCoding ? this.#settings.compressor : undefined
  }

  /** Whether the response depends on the codings that the client accepts. */
  get isNegotiated(): boolean {
    return this.#settings.compressor !== undefined
  }

  get stallTimeoutMs(): number {
    return this.#settings.stallTimeoutMs
  }

  /** Created at first use: most of a hub's connections never use it. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      this.#inContext = captureContext()
      const reason = this.#closedBy
      if (reason) this.#abort.abort(reason)
    }
    return this.#abort.signal
  }

  get isStarted(): boolean {
    return this.#sink !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Why the server closed the connection. `undefined` while it is open, and once its client has left. */
  get closeReason(): Error | undefined {
    return this.#isGone ? undefined : this.#reason
  }

  /** Why it is closed, by either side. An error's stack is dear: that of a client that has left is made at first use. */
  get #closedBy(): Error | undefined {
    if (this.#wasLeft) this.#reason ??= new SseError('client_gone', 'The client has disconnected')
    return this.#reason
  }

  /**
   * Opens the source and waits until it is ready, but at most `COMMIT_WAIT_MS`: a source that fails at once becomes an
   * HTTP status, and one that is only slow does not delay the response. Waits longer for a sender that has not decided.
   *
   * @returns `undefined` if it is ready: then it needs no timer and no promise.
   * @throws what the source throws.
   */
  prepare(makeSource: () => unknown): Promise<void> | undefined {
    const opening = this.#open(makeSource())
    return opening && this.#awaitOpening(opening)
  }

  async #awaitOpening(opening: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const isLate = await Promise.race([
      opening.then(() => false),
      new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, COMMIT_WAIT_MS, true)
      }),
    ]).finally(() => clearTimeout(timer))
    if (isLate) await Promise.race([this.#sender?.decided, opening])
    // Once the client has left, nothing starts this connection: a failure is reported from here.
    if (isLate && this.#isClosed) opening.catch((error) => this.report(error))
    else if (isLate) this.#opening = opening
  }

  /** Throws the reason if the connection is closed, by either side. */
  throwIfClosed(): void {
    if (this.#isClosed) throw this.#closedBy
  }

  /**
   * Called when the headers are sent: the sender fills `target` from here on.
   *
   * @param maxConnectionMs - maximum age if the stream sets none. Default `Infinity`.
   */
  start(target: Sink, maxConnectionMs: number = Number.POSITIVE_INFINITY): void {
    const sink = this.compressor?.wrap(target) ?? target
    if (this.#isClosed) return sink.end()
    this.#sink = sink
    this.#startDuties(this.#settings.maxConnectionMs ?? maxConnectionMs)
    this.#startedAt = performance.now()
    reportDiagnostic('sse.connection.opened', { path: this.path, connection: this })
    const { retryMs } = this.#settings
    // Some browsers and proxies hold the headers back until the first bytes of the body.
    const preamble = retryMs === undefined ? FIRST_BYTES : encodeMessage({ retry: retryMs })
    if (!this.#opening) return this.#sender?.start(sink, preamble)
    sink.write(preamble)
    this.#awaitSender(sink, this.#opening)
    this.#opening = undefined
  }

  eventSent(): void {
    if (this.#hasSentEvent) return
    this.#hasSentEvent = true
    const afterMs = performance.now() - this.arrivedAt
    reportDiagnostic('sse.connection.first_event', { path: this.path, afterMs, connection: this })
  }

  drained(): void {
    if (!this.#isClosed) this.#sender?.drained()
  }

  stalled(): void {
    // It was closed with a last frame that the client does not take.
    if (this.#isClosed) return this.#sink?.destroy()
    const { stallTimeoutMs } = this.#settings
    this.close(new SseError('stalled', `The client has taken no bytes for ${stallTimeoutMs} ms`))
  }

  broken(error: unknown): void {
    this.report(error)
    this.close(new SseError('internal', 'The response could not be written', { cause: error }))
  }

  end(end: RunOutcome | undefined): void {
    if (!this.#isClosed) this.#finish('ended', this.control.end(end, this))
  }

  fail(error: unknown): void {
    if (this.#isClosed) return this.report(error)
    this.#settings.onError(error, this.context)
    const frame = this.#encodeError(error)
    this.#finish('failed', frame)
    if (frame === undefined) this.#sink?.destroy()
  }

  /** Aborts the signal at once and does not wait for the source. */
  close(reason: Error, notice?: CloseNotice): void {
    if (this.#isClosed) return
    this.#reason = reason
    this.#stopSource()
    const code = isSseError(reason) ? reason.code : 'internal'
    // A process that shuts down must not be asked again on the same transport.
    if (code === 'shutdown') this.#sink?.closeTransport()
    const lastFrame = this.#sink && this.#encodeNotice(reason, notice)
    this.#finish(code, lastFrame)
    if (lastFrame === undefined) this.#sink?.destroy()
  }

  /** The app's functions learn that the connection is closed. */
  #stopSource(): void {
    this.#inContext?.(() => this.#abort?.abort(this.#closedBy))
    this.#opening?.catch((error) => this.report(error))
    this.#opening = undefined
  }

  destroy(): void {
    this.#sink?.destroy()
  }

  /** Called when the response is closed, either by its end or because the client has left. */
  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    if (!this.#isClosed) {
      this.#wasLeft = true
      this.#stopSource()
      this.#finish('client_gone')
    }
    const watchers = this.#watchers
    this.#watchers = undefined
    if (!Array.isArray(watchers)) return watchers?.closed(this)
    for (const watcher of watchers) watcher.closed(this)
  }

  report(error: unknown): void {
    const reason = this.#closedBy
    const isEcho =
      error === reason || (error instanceof Error && (error.name === 'AbortError' || error.cause === reason))
    if (!reason || !isEcho) this.#settings.onError(error, this.context)
  }

  onClosed(watcher: ClosedWatcher): void {
    if (this.#isGone) watcher.closed(this)
    else this.#watchers = this.#watchers ? [this.#watchers, watcher].flat() : watcher
  }

  /** Returns a promise only if it has to wait. */
  #open(source: unknown): Promise<void> | undefined {
    if (isThenable(source)) return this.#openLater(source)
    const ready = this.#openSource(source)
    return ready && Promise.resolve(ready)
  }

  async #openLater(source: PromiseLike<unknown>): Promise<void> {
    await this.#openSource(await source)
  }

  #openSource(source: unknown): PromiseLike<void> | undefined {
    if (this.#isClosed) {
      // Nothing opens on a closed connection; an iterator is only told to finish.
      if (!isOpenable(source)) releaseSource(iterate(source, this.path), this)
      return undefined
    }
    const sender = isOpenable(source)
      ? source['@sse/open'](this)
      : new Pump(source, this, this.#settings.encode)
    this.#sender = sender
    return sender.ready
  }

  #encodeNotice(reason: Error, notice: CloseNotice | undefined): string | undefined {
    if (notice === 'error') return this.#encodeError(reason)
    if (notice !== undefined) return this.control.close(toPublicError(reason), notice, this)
    return undefined
  }

  /** Returns `undefined` if the dialect has no event for it: the response must not look complete. */
  #encodeError(error: unknown): string | undefined {
    return this.control.error(toPublicError(error), this) || undefined
  }

  #finish(reason: string, lastFrame?: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const duty of this.#duties ?? []) duty.stop()
    const sink = this.#sink
    try {
      const isStarted = this.#sender?.stop(lastFrame) ?? false
      if (isStarted || !sink || lastFrame === undefined) return
      if (lastFrame) sink.write(lastFrame)
      sink.end()
    } finally {
      if (sink) this.#reportClosed(reason)
    }
  }

  #reportClosed(reason: string): void {
    const durationMs = performance.now() - this.#startedAt
    reportDiagnostic('sse.connection.closed', { path: this.path, reason, durationMs, connection: this })
  }

  /** The response has started before its sender is ready: only heartbeats are written until it is. */
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
      // Too late for a 204.
      (error) => (error === NOTHING_TO_STREAM ? this.end(undefined) : this.fail(error)),
    )
  }

  #startDuties(maxConnectionMs: number): void {
    const { reauthorizeMs, retryMs, authorize } = this.#settings
    const isReauthorized = authorize !== undefined && reauthorizeMs !== Number.POSITIVE_INFINITY
    const duties: { stop(): void }[] = []
    if (maxConnectionMs !== Number.POSITIVE_INFINITY) {
      duties.push(new MaxAgeTimer(this, maxConnectionMs, retryMs))
    }
    // A later answer may expire although the first one does not.
    if (isReauthorized || this.expiresAt !== Number.POSITIVE_INFINITY) {
      duties.push(new ExpiryTimer(this, retryMs))
    }
    if (isReauthorized) {
      duties.push(new Reauthorizer(this, reauthorizeMs, () => authorize(this.context)))
    }
    if (duties.length > 0) this.#duties = duties
  }
}
