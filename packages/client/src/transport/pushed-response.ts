import { SseError } from '@sse/contract'
import type { EndReason } from '../connection/status.ts'
import { eventReader } from './event-reader.ts'
import { readRefusal, readRefusedResponse } from './read-refusal.ts'
import { responseEnd } from './response-end.ts'
import type { TransportEvents, TransportRequest } from './transport.ts'

/** A response whose platform pushes it in pieces of text: `XMLHttpRequest`, or the requests of mini-programs. */
export class PushedResponse {
  /** Whether this response set an id, so that a reconnect resumes where it is now. */
  isResumable = false
  readonly #request: TransportRequest
  readonly #events: TransportEvents
  readonly #cancel: () => void
  readonly #read: (piece: string) => SseError | undefined
  /** `waiting` until status and headers are known. */
  #state: 'waiting' | 'open' | 'refused' | 'over' = 'waiting'
  /** Text that came before the status, or the body of a refusal. */
  #text = ''
  #onBody: ((text: string) => void) | undefined

  /**
   * @param cancel - stops the request. Called when the response is over before its end.
   * @param hasMark - whether the text may start with a BOM.
   */
  constructor(request: TransportRequest, events: TransportEvents, cancel: () => void, hasMark: boolean) {
    this.#request = request
    this.#events = events
    this.#cancel = cancel
    const reports = {
      onActivity: () => events.onActivity(),
      onHeartbeat: () => events.onHeartbeat(),
      onId: (id: string) => {
        this.isResumable = id !== ''
        events.onId(id)
      },
      onMessage: (event: string, data: string, id?: string) => {
        if (id !== undefined) this.isResumable = id !== ''
        return events.onMessage(event, data, id)
      },
      onRetry: (retryMs: number) => events.onRetry(retryMs),
    }
    this.#read = eventReader(reports, hasMark ? undefined : '')
  }

  /** Status and headers have arrived. Names are in lower case. Only the first call counts. */
  start(status: number, headers: ReadonlyMap<string, string>): void {
    if (this.#state !== 'waiting') return
    const { url } = this.#request
    const get = (name: string): string | null => headers.get(name) ?? null
    if (readRefusal(status, get('content-type')) === undefined) {
      this.#state = 'open'
      this.#events.onOpen()
      if (this.#text) this.push(this.#text)
      return
    }
    this.#state = 'refused'
    const text = () =>
      new Promise<string>((resolve) => {
        this.#onBody = resolve
      })
    readRefusedResponse({ status, headers: { get }, text }, url).then((reason) => {
      if (reason) this.end(reason)
    })
  }

  /** The next piece of the body has arrived. */
  push(text: string): void {
    if (this.#state === 'over') return
    if (this.#state !== 'open') {
      this.#text += text
      return
    }
    const failure = this.#read(text)
    if (failure) this.end(failure)
  }

  /** The body is complete. */
  complete(): void {
    this.#onBody?.(this.#text)
    if (this.#state === 'open') this.#finish(responseEnd(this.#request))
    else if (this.#state === 'waiting') this.fail(new Error('The response has no status'))
  }

  /** The connection failed. */
  fail(cause: unknown): void {
    this.#onBody?.(this.#text)
    if (this.#state !== 'refused') this.#finish(new SseError('network', 'The connection failed', { cause }))
  }

  /** Ends the attempt before the response has ended. */
  end(reason: SseError | EndReason): void {
    if (this.#state !== 'over') this.#cancel()
    this.#finish(reason)
  }

  #finish(reason: SseError | EndReason): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#events.onEnd(reason)
  }
}
