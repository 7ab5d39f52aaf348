import type { SseError } from '@sse/contract'
import { isRetryable, MAX_TIMER_MS } from '../connection/reconnect.ts'
import { fetchTransport, readEvents } from '../transport/fetch-transport.ts'
import type { TransportEvents, TransportHandle } from '../transport/transport.ts'
import { TaskQueue } from './task-queue.ts'

export interface EventSourceOptions {
  /** Whether cookies go to another origin too. Default `false`. */
  withCredentials?: boolean
  /** In place of the global `fetch`: the place for headers, proxies and agents. */
  fetch?: typeof fetch
}

type Handler<Type extends Event> = ((this: EventSource, event: Type) => unknown) | null
type EventMap = { open: Event; message: MessageEvent; error: Event }
type Listening = boolean | AddEventListenerOptions

/** Until the server says another one: what Chromium has. */
const RECONNECTION_TIME_MS = 3_000
/** A `retry: 0` shall not be a storm: what Firefox has. */
const MIN_RECONNECTION_TIME_MS = 500
/** Of one made from a stream. */
const STREAM_URL = 'about:event-stream'

const INTERNAL = Symbol()

/** The base class's methods, with the types of these events. */
export interface EventSource {
  addEventListener<Name extends keyof EventMap>(
    type: Name,
    listener: ((this: EventSource, event: EventMap[Name]) => unknown) | null,
    options?: Listening,
  ): void
  addEventListener(
    type: string,
    listener: ((this: EventSource, event: MessageEvent) => unknown) | EventListenerObject | null,
    options?: Listening,
  ): void
  removeEventListener<Name extends keyof EventMap>(
    type: Name,
    listener: ((this: EventSource, event: EventMap[Name]) => unknown) | null,
    options?: boolean | EventListenerOptions,
  ): void
  removeEventListener(
    type: string,
    listener: ((this: EventSource, event: MessageEvent) => unknown) | EventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
}

/**
 * The standard's `EventSource`, where there is none, and for libraries that take a class: on Node, Bun, Deno and in
 * workers. Its events are not trusted (`isTrusted`), as only a browser can make such.
 *
 * Delays are the server's `retry`, at least 500 and at most 2,147,483,647 milliseconds; 3,000 until it says one. They
 * double, up to 30 seconds more, with each attempt in a row that opened nothing, as the standard allows.
 *
 * @throws {DOMException} `SyntaxError`: the URL is none.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds types to methods that are there.
export class EventSource extends EventTarget {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSED: 2
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSED: 2

  readonly #url: string
  readonly #withCredentials: boolean
  readonly #fetch: typeof fetch
  readonly #tasks = new TaskQueue()
  readonly #handlers = new Map<string, { handler: unknown; listener: (event: Event) => void }>()
  #readyState: 0 | 1 | 2 = 0
  #lastEventId = ''
  #reconnectionTime = RECONNECTION_TIME_MS
  /** Attempts in a row that opened nothing. */
  #failures = 0
  /** Where the response came from, after redirects. */
  #origin = ''
  #handle: TransportHandle | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  static {
    for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSED: 2 })) {
      const constant = { value, enumerable: true, writable: false, configurable: false }
      Object.defineProperty(EventSource, name, constant)
      Object.defineProperty(EventSource.prototype, name, constant)
    }
  }

  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super()
    this.#withCredentials = !!options?.withCredentials
    this.#fetch = options?.fetch ?? fetch.bind(globalThis)
    if ((options as { [INTERNAL]?: true } | null)?.[INTERNAL]) {
      this.#url = STREAM_URL
      return
    }
    this.#url = resolve(url)
    this.#connect()
  }

  /**
   * Reads a body that is there already. It ends, with an `error` event, when the stream ends or breaks, and never
   * reconnects.
   *
   * @throws {TypeError} the stream is locked.
   * @see https://github.com/whatwg/html/pull/12272 which may still change
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): EventSource {
    const source = new EventSource(STREAM_URL, { [INTERNAL]: true } as EventSourceOptions)
    const reader = stream.getReader()
    source.#handle = { close: () => void reader.cancel().catch(() => {}) }
    source.#origin = 'null'
    const events = source.#events()
    events.onOpen()
    const fail = () => source.#tasks.add(() => source.#fail())
    readEvents(reader, events).then(fail, fail)
    return source
  }

  get url(): string {
    return this.#url
  }

  get withCredentials(): boolean {
    return this.#withCredentials
  }

  get readyState(): 0 | 1 | 2 {
    return this.#readyState
  }

  /** The id a reconnect resumes after; `''` while there is none. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** What the server asked for with `retry`, in milliseconds; 3,000 before that. */
  get reconnectionTime(): number {
    return this.#reconnectionTime
  }

  get onopen(): Handler<Event> {
    return this.#handler('open') as Handler<Event>
  }
  set onopen(handler: Handler<Event>) {
    this.#setHandler('open', handler)
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handler('message') as Handler<MessageEvent>
  }
  set onmessage(handler: Handler<MessageEvent>) {
    this.#setHandler('message', handler)
  }

  get onerror(): Handler<Event> {
    return this.#handler('error') as Handler<Event>
  }
  set onerror(handler: Handler<Event>) {
    this.#setHandler('error', handler)
  }

  close(): void {
    this.#readyState = 2
    clearTimeout(this.#timer)
    this.#handle?.close()
    this.#handle = undefined
  }

  #connect(): void {
    const request = {
      url: this.#url,
      method: 'GET',
      headers: {},
      body: undefined,
      credentials: this.#withCredentials ? 'include' : 'same-origin',
      fetch: async (...given: Parameters<typeof fetch>) => {
        const response = await this.#fetch(...given)
        this.#origin = new URL(response.url || this.#url).origin
        return response
      },
      lastEventId: this.#lastEventId,
      eventNames: [],
    } as const
    this.#handle = fetchTransport(request, this.#events())
  }

  #events(): TransportEvents {
    return {
      onActivity() {},
      onOpen: () => this.#tasks.add(() => this.#open()),
      onId: (id) => {
        this.#lastEventId = id
      },
      onRetry: (retryMs) => {
        this.#reconnectionTime = Math.min(MAX_TIMER_MS, retryMs)
      },
      onMessage: (type, data) => {
        const init = { data, origin: this.#origin, lastEventId: this.#lastEventId }
        this.#tasks.add(() => {
          if (this.#readyState !== 2) this.dispatchEvent(new MessageEvent(type, init))
        })
      },
      onWaiting() {},
      onEnd: (reason) =>
        this.#tasks.add(() => {
          if (reason === 'ended' || !isNetwork(reason)) this.#fail()
          else this.#reestablish()
        }),
    }
  }

  #open(): void {
    if (this.#readyState === 2) return
    this.#failures = 0
    this.#readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  #reestablish(): void {
    if (this.#readyState === 2) return
    this.#readyState = 0
    const backOff = this.#failures > 0 ? Math.min(30_000, 1_000 * 2 ** (this.#failures - 1)) : 0
    this.#failures += 1
    const delay = Math.max(MIN_RECONNECTION_TIME_MS, this.#reconnectionTime) + backOff
    this.#timer = setTimeout(() => this.#connect(), Math.min(MAX_TIMER_MS, delay))
    this.dispatchEvent(new Event('error'))
  }

  /** For good. */
  #fail(): void {
    if (this.#readyState === 2) return
    this.close()
    this.dispatchEvent(new Event('error'))
  }

  #handler(type: string): unknown {
    return this.#handlers.get(type)?.handler ?? null
  }

  /** The listener of an attribute stands where the attribute was set first; setting null takes it away. */
  #setHandler(type: string, handler: unknown): void {
    const known = this.#handlers.get(type)
    const isObject = typeof handler === 'function' || (typeof handler === 'object' && handler !== null)
    if (!isObject) {
      if (known) super.removeEventListener(type, known.listener)
      this.#handlers.delete(type)
    } else if (known) known.handler = handler
    else {
      const added = {
        handler,
        listener: (event: Event): void => {
          if (typeof added.handler !== 'function') return
          if (added.handler.call(this, event) === false) event.preventDefault()
        },
      }
      this.#handlers.set(type, added)
      if (!callsHandlers()) super.addEventListener(type, added.listener)
    }
  }
}

let isCalling: boolean | undefined

/** Whether the platform's `EventTarget` calls `on…` attributes by itself: workerd's does (1.20261117). */
function callsHandlers(): boolean {
  if (isCalling === undefined) {
    isCalling = false
    const probe = Object.assign(new EventTarget(), {
      onprobe: () => {
        isCalling = true
      },
    })
    probe.dispatchEvent(new Event('probe'))
  }
  return isCalling
}

/** Anything else than a network that failed is for good: a status, a type, an event without end. */
function isNetwork(reason: SseError): boolean {
  return reason.code !== 'http_status' && isRetryable(reason)
}

function resolve(url: string | URL): string {
  const { document, location } = globalThis as { document?: Document; location?: Location }
  try {
    return new URL(url, document?.baseURI ?? location?.href).href
  } catch {
    throw new DOMException(`Failed to construct 'EventSource': "${url}" is not a URL`, 'SyntaxError')
  }
}
