import { type Gap, type PathParams, SseError, type StreamContract } from '@sse/contract'
import { buildPath } from '@sse/contract/protocol'
import { DEFAULT_RECONNECT, type ReconnectOptions } from '../connection/reconnect.ts'
import type { IdStore } from '../storage/id-store.ts'
import type { Transport } from '../transport/transport.ts'
import type { Overflow } from './event-queue.ts'
import type { Feed, FeedPayloads, InvalidEvent } from './feed.ts'
import { makeInspectable } from './inspect.ts'
import { StreamFeed } from './stream-feed.ts'

export interface ConnectOptions {
  /** What a path (a contract's, or one that starts with `/`) is put behind. Default: the page's origin. */
  baseUrl?: string | URL
  /** What is asked for, given what the target says: asked before each attempt, to add a query or a fresh ticket. */
  url?: (url: URL) => string | URL | Promise<string | URL>
  /** Request headers, or a function asked before each attempt, so that a token can be fresh. */
  headers?: HeaderSource | (() => HeaderSource | Promise<HeaderSource>)
  /** Default `GET`. */
  method?: string
  /** Sent again with each attempt, or a function asked before each. */
  body?: BodySource | (() => BodySource | Promise<BodySource>)
  /**
   * Gets a fresh token when the server answers 401: then `headers`, `url` and `body` are asked again and the
   * stream goes on at the same id. Called once in a row: if the fresh token is refused too, the feed closes. When
   * it rejects, the attempt has failed: it is made again later, unless with an `SseError` of a 4xx `status`, which
   * closes. `singleFlight` makes it one for all feeds and tabs.
   */
  refresh?: () => unknown
  /** As in `fetch`; `include` sends cookies to another origin. Default `same-origin`. */
  credentials?: RequestCredentials
  /** In place of the global `fetch`. */
  fetch?: typeof fetch
  /** Closes the feed when it aborts. */
  signal?: AbortSignal
  /** What carries the stream. Default: `fetchTransport`. */
  transport?: Transport
  /** The id to start after, such as one that came with server-rendered state; or where it is kept (`storedId`). */
  lastEventId?: string | IdStore
  reconnect?: ReconnectOptions
  /**
   * Silence after which a connection counts as dead, in milliseconds; what a machine slept through counts too.
   * Default: twice the contract's `heartbeatMs` and 5 s; without a contract `Infinity`, never. Native and polyfill
   * don't see heartbeats: there it does nothing.
   */
  idleTimeoutMs?: number
  /** Most events one `for await` holds. Default 10,000. */
  maxQueued?: number
  /** What becomes of events beyond `maxQueued`. Default `error`. */
  overflow?: Overflow
  /**
   * Called when history does not reach back. Returning a promise holds the stream until it settles; if it
   * resolves with an id, the stream goes on after that one. Fetch the position first and the data second (the
   * hub's `getState` does): what happens in between then comes twice rather than never. If it rejects, the stream
   * goes back and is told of the gap again.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an `async` function without a result is a fine one.
  onGap?: (gap: Gap) => { resumeFrom: string } | void | Promise<{ resumeFrom: string } | void>
  /** Told of every event that its schema refuses. Default: reported like an error. The stream goes on. */
  onInvalid?: (event: InvalidEvent) => void
  /**
   * Told of failed attempts, of the error that closed the feed, and of what listeners throw. Default: an error
   * that closed the feed goes to the console, what listeners throw and invalid events to `reportError`; failed
   * attempts show in `status` alone.
   */
  onError?: (error: unknown) => void
}

export type HeaderSource = Readonly<Record<string, string>>
export type BodySource = string | URLSearchParams | FormData | Blob

/** `ConnectOptions` for a path that names parameters. */
export interface ConnectOptionsFor<Path extends string> extends ConnectOptions {
  /** The path's parameters; each is percent-encoded. */
  params: PathParams<Path>
}

type ConnectArguments<Target> =
  Target extends StreamContract<infer Path>
    ? [keyof PathParams<Path>] extends [never]
      ? [options?: ConnectOptions]
      : [options: ConnectOptionsFor<Path>]
    : [options?: ConnectOptions]

/** @internal `connect` with a transport to use where none is asked for. */
export type Connect = <const Target extends StreamContract | string | URL>(
  target: Target,
  ...options: ConnectArguments<Target>
) => Feed<FeedPayloads<Target>>

export function connectWith(defaultTransport: Transport): Connect {
  return (target, ...[given]) => {
    const options: ConnectOptions & { params?: Readonly<Record<string, string>> } = given ?? {}
    const { signal, headers = {}, body, baseUrl, method = 'GET', transport = defaultTransport } = options
    const contract = isContract(target) ? target : undefined
    const url = buildUrl(contract ? buildPath(contract.path, options.params) : String(target), baseUrl)
    const feed = new StreamFeed({
      ...options,
      transport,
      lastEventId: options.lastEventId ?? '',
      overflow: options.overflow ?? 'error',
      ...checkNumbers({
        idleTimeoutMs: options.idleTimeoutMs ?? (contract ? contract.heartbeatMs * 2 + 5_000 : Infinity),
        maxQueued: options.maxQueued ?? 10_000,
      }),
      contract,
      reconnect: checkNumbers({ ...DEFAULT_RECONNECT, ...options.reconnect }, 'reconnect.'),
      prepare: async () => ({
        url: options.url ? buildUrl(String(await options.url(new URL(url))), baseUrl) : url,
        method,
        headers: typeof headers === 'function' ? await headers() : headers,
        body: typeof body === 'function' ? await body() : body,
        credentials: options.credentials,
        fetch: options.fetch ?? fetch.bind(globalThis),
      }),
    })
    makeInspectable(feed, { url, method, headers, contract, transport })
    const abort = () => feed.finish('aborted')
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    // A signal that outlives the feed must not keep it.
    feed.onStatus(({ state }) => state === 'closed' && signal?.removeEventListener('abort', abort))
    return feed as unknown as Feed<FeedPayloads<typeof target>>
  }
}

export function isContract(target: StreamContract | string | URL): target is StreamContract {
  return typeof target === 'object' && 'events' in target
}

/** A base with a path of its own keeps it: `https://example.com/api` + `/leads` is `/api/leads`. */
export function buildUrl(target: string, baseUrl: string | URL | undefined): string {
  const page = (globalThis as { location?: { href: string } }).location?.href
  const url = baseUrl && target.startsWith('/') ? `${String(baseUrl).replace(/\/+$/, '')}${target}` : target
  try {
    return new URL(url, page).href
  } catch (cause) {
    throw invalid(`"${url}" is not a URL${page ? '' : '; outside a page, give baseUrl'}`, { cause })
  }
}

function checkNumbers<Numbers extends Record<string, number>>(numbers: Numbers, prefix = ''): Numbers {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value >= 0)) throw invalid(`${prefix}${name} must be 0 or more, not ${value}`)
  }
  return numbers
}

function invalid(message: string, options?: ErrorOptions): SseError {
  return new SseError('option_invalid', `connect: ${message}`, options)
}
