import { fetchTransport } from '../transport/fetch-transport.ts'
import { readEvents } from '../transport/read-events.ts'
import type { Transport } from '../transport/transport.ts'
import { EventHandlers } from './event-handlers.ts'
import { type EventSourceErrorEvent, SourceStream } from './source-stream.ts'

export type { EventSourceErrorEvent } from './source-stream.ts'

export interface EventSourceOptions {
  /** Whether cookies are sent to other origins. Default `false`. */
  withCredentials?: boolean
  /** Replaces the global `fetch`, to add headers, proxies or agents. */
  fetch?: typeof fetch
}

type Handler<Type extends Event> = ((this: EventSource, event: Type) => unknown) | null
type EventMap = { open: Event; message: MessageEvent; error: EventSourceErrorEvent }
type ListenerOptions = boolean | AddEventListenerOptions

/** The standard's default. Cloudflare Workers throw when it is set. */
const SAME_ORIGIN = globalThis.Request && 'credentials' in Request.prototype ? 'same-origin' : undefined
/** URL of a source made from a stream. */
const STREAM_URL = 'about:event-stream'
/** Option that replaces the transport; for `fromReadableStream`. */
const TRANSPORT = Symbol()

/** The methods of `EventTarget`, with the types of these events. */
export interface EventSource {
  addEventListener<Name extends keyof EventMap>(
    type: Name,
    listener: ((this: EventSource, event: EventMap[Name]) => unknown) | null,
    options?: ListenerOptions,
  ): void
  addEventListener(
    type: string,
    listener: ((this: EventSource, event: MessageEvent) => unknown) | EventListenerObject | null,
    options?: ListenerOptions,
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
 * The standard's `EventSource` for platforms without one, and for libraries that take a class: Node, Bun, Deno, workers.
 * Its events are not trusted (`isTrusted`): only a browser can make trusted events. `error` events have a `message` and
 * the HTTP status as `code`, as in the npm package `eventsource`.
 *
 * It reconnects after the server's `retry`, at least 500 and at most 2,147,483,647 ms; 3,000 until the server sends
 * one. The delay doubles, by up to 30 s, with each attempt in a row that opened nothing, as the standard allows.
 *
 * @throws {DOMException} `SyntaxError` for an invalid URL.
 * @throws {TypeError} without a URL, and for options that are not an object.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface adds types to existing methods.
export class EventSource extends EventTarget {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSED: 2
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSED: 2

  readonly #url: string
  readonly #withCredentials: boolean
  readonly #stream: SourceStream
  readonly #handlers: EventHandlers

  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super()
    // biome-ignore lint/complexity/noArguments: a rest parameter would change the constructor's length.
    if (arguments.length === 0) throw new TypeError("EventSource: the argument 'url' is required")
    if (!/^(object|function)$/.test(typeof options))
      throw new TypeError('EventSource: options must be an object')
    const { withCredentials, fetch: customFetch, [TRANSPORT]: transport } = (options ?? {}) as InternalOptions
    this.#url = transport ? STREAM_URL : resolve(url)
    this.#withCredentials = !!withCredentials
    this.#handlers = new EventHandlers(this)
    this.#stream = new SourceStream(
      {
        url: this.#url,
        transport: transport ?? fetchTransport,
        credentials: this.#withCredentials ? 'include' : SAME_ORIGIN,
        fetch: customFetch ?? fetch.bind(globalThis),
      },
      (event) => this.dispatchEvent(event),
    )
  }

  /**
   * Reads an existing body. The source closes, with an `error` event, when the stream ends or breaks; it never
   * reconnects.
   *
   * @throws {TypeError} if the stream is locked.
   * @see https://github.com/whatwg/html/pull/12272, which may still change
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): EventSource {
    const reader = stream.getReader()
    const transport: Transport = (_, events) => {
      events.onOpen()
      const end = () => events.onEnd('ended')
      readEvents(reader, events).then(end, end)
      return { close: () => void reader.cancel().catch(() => {}) }
    }
    return new EventSource(STREAM_URL, { [TRANSPORT]: transport } as EventSourceOptions)
  }

  get url(): string {
    return this.#url
  }

  get withCredentials(): boolean {
    return this.#withCredentials
  }

  get readyState(): 0 | 1 | 2 {
    return this.#stream.readyState
  }

  /** Id a reconnect resumes after; `''` if there is none. Part of the same proposal as `fromReadableStream`. */
  get lastEventId(): string {
    return this.#stream.lastEventId
  }

  /** The server's `retry`, in milliseconds; 3,000 until it sends one. Part of the same proposal. */
  get reconnectionTime(): number {
    return this.#stream.reconnectionTime
  }

  get onopen(): Handler<Event> {
    return this.#handlers.get('open') as Handler<Event>
  }
  set onopen(handler: Handler<Event>) {
    this.#handlers.set('open', handler)
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handlers.get('message') as Handler<MessageEvent>
  }
  set onmessage(handler: Handler<MessageEvent>) {
    this.#handlers.set('message', handler)
  }

  get onerror(): Handler<EventSourceErrorEvent> {
    return this.#handlers.get('error') as Handler<EventSourceErrorEvent>
  }
  set onerror(handler: Handler<EventSourceErrorEvent>) {
    this.#handlers.set('error', handler)
  }

  close(): void {
    this.#stream.close()
  }
}

type InternalOptions = EventSourceOptions & { [TRANSPORT]?: Transport }

/** As WebIDL defines an interface: a name that survives bundling, a tag, constants, and enumerable members. */
function defineInterface(source: typeof EventSource): void {
  const { prototype } = source
  Object.defineProperty(source, 'name', { value: 'EventSource', configurable: true })
  Object.defineProperty(source, Symbol.for('eventsource.supports-fetch-override'), { value: true })
  Object.defineProperty(prototype, Symbol.toStringTag, { value: 'EventSource', configurable: true })
  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSED: 2 })) {
    for (const owner of [source, prototype]) Object.defineProperty(owner, name, { value, enumerable: true })
  }
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== 'constructor') Object.defineProperty(prototype, name, { enumerable: true })
  }
  Object.defineProperty(source, 'fromReadableStream', { enumerable: true })
}

defineInterface(EventSource) // not in a static block: React Native's preset for Babel does not know them

function resolve(url: string | URL): string {
  const { document, location } = globalThis as { document?: Document; location?: Location }
  try {
    return new URL(url, document?.baseURI ?? location?.href).href
  } catch {
    throw new DOMException('An invalid or illegal string was specified', 'SyntaxError')
  }
}
