import { SseError } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type {
  Transport,
  TransportEvents,
  TransportHandle,
  TransportNote,
  TransportRequest,
} from '../transport/transport.ts'
import { IdleWatch } from './idle-watch.ts'
import type { EndReason, FeedStatus } from './status.ts'
import { outsideZone } from './zone.ts'

/** Consumer of a stream: what its attempts receive, and what its loop reports. */
export interface StreamReceiver {
  /** Id the next attempt resumes after; `''` for none. */
  readonly lastEventId: string
  /** Event names to request, for transports that need them. */
  eventNames(): Iterable<string>
  /** See `TransportEvents`. */
  onId(id: string): void
  /** See `TransportEvents`. */
  onMessage(event: string, data: string, id?: string): unknown
  /** A new state of the loop. */
  onStatus(status: FeedStatus): void
  /** An attempt failed. The next one starts at `retryAt`, or at a time only the transport knows. */
  onFailure(error: SseError, retryAt: number | undefined): void
  onActivity?(): void
  onHeartbeat?(): void
  onRetry?(retryMs: number): void
  onNote?(note: TransportNote): void
  /** The handle of a transport threw. */
  onFault?(error: unknown): void
}

/** The loop an attempt belongs to. Receives nothing once the attempt is over. */
export interface AttemptOwner {
  onOpen(attempt: Attempt): void
  retryMs: number
  /** Number of attempts in a row that were open and silent to the end. */
  silentAttempts: number
  onWaiting(attempt: Attempt, error: SseError, retryAt: number | undefined): void
  onEnd(attempt: Attempt, reason: SseError | EndReason): void
}

const BUFFERED = 'A proxy holds the response back: turn off its buffering for this URL'

/**
 * One attempt to open a stream, from preparing its request to its end. Ignores everything its transport reports after
 * that, such as the rest of a chunk that was already read.
 */
export class Attempt implements TransportEvents {
  /** Whether an event or a heartbeat arrived: the next failure is then the first in a row. */
  hasProgressed = false
  /** Error of `sse.error`: the reason of the end that follows. */
  serverError: SseError | undefined
  readonly #owner: AttemptOwner
  readonly #receiver: StreamReceiver
  readonly #idle: IdleWatch
  #handle: TransportHandle | undefined
  #isOver = false
  /** The response has started, and no byte of its body has arrived. */
  #isSilent = false

  constructor(owner: AttemptOwner, receiver: StreamReceiver, idleTimeoutMs: number) {
    this.#owner = owner
    this.#receiver = receiver
    this.#idle = new IdleWatch(idleTimeoutMs, () => {
      owner.silentAttempts = this.#isSilent ? owner.silentAttempts + 1 : 0
      this.onEnd(
        owner.silentAttempts > 1
          ? new SseError('buffered', BUFFERED)
          : new SseError('idle', `No data for ${idleTimeoutMs} ms`),
      )
    })
    // Preparing a request may hang as well.
    this.#idle.heard()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** @throws {SseError} `option_invalid` for a transport that returns no handle. */
  start(transport: Transport, request: TransportRequest): void {
    this.#idle.stop() // a transport that cannot see comments has no idle timeout
    const handle = outsideZone(() => transport(request, this))
    if (typeof handle?.close !== 'function') {
      Promise.resolve(handle).catch(() => {}) // of an async function
      throw new SseError('option_invalid', 'connect: transport must return a handle')
    }
    this.#handle = handle
    if (this.#isOver) this.#guard(() => this.#handle?.close())
  }

  listen(name: string): void {
    this.#guard(() => this.#handle?.listen?.(name))
  }

  /** Idempotent. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#idle.stop()
    this.#guard(() => this.#handle?.close())
  }

  /** A transport of the app's that cannot be closed must not keep the next attempt from starting. */
  #guard(call: () => unknown): void {
    const onFault = (error: unknown) => this.#receiver.onFault?.(error)
    try {
      Promise.resolve(call()).catch(onFault)
    } catch (error) {
      onFault(error)
    }
  }

  onActivity(): void {
    if (this.#isOver) return
    this.#idle.heard()
    if (this.#isSilent) this.#owner.silentAttempts = 0
    this.#isSilent = false
    this.#receiver.onActivity?.()
  }

  onHeartbeat(): void {
    if (this.#isOver) return
    this.hasProgressed = true
    this.#receiver.onHeartbeat?.()
  }

  onOpen(): void {
    if (this.#isOver) return
    this.#isSilent = true
    this.#owner.onOpen(this)
  }

  onId(id: string): void {
    if (!this.#isOver) this.#receiver.onId(id)
  }

  onMessage(event: string, data: string, id?: string): unknown {
    if (this.#isOver) return undefined
    // A server may send these two and fail right after: no progress.
    if (!this.hasProgressed) this.hasProgressed = event !== CONTROL.open && event !== CONTROL.error
    return this.#receiver.onMessage(event, data, id)
  }

  onRetry(retryMs: number): void {
    if (this.#isOver) return
    this.#owner.retryMs = retryMs
    this.#receiver.onRetry?.(retryMs)
  }

  onWaiting(error: SseError, retryAt?: number): void {
    if (this.#isOver) return
    this.#idle.stop()
    this.#owner.onWaiting(this, error, retryAt)
  }

  onEnd(reason: SseError | EndReason): void {
    if (this.#isOver) return
    this.close()
    this.#owner.onEnd(this, reason)
  }

  onNote(note: TransportNote): void {
    if (!this.#isOver) this.#receiver.onNote?.(note)
  }
}
