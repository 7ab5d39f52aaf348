import { type Gap, type PathParams, SseError, type StreamContract } from '@sse/contract'
import { buildPath } from '@sse/contract/protocol'
import { watchPage } from '../connection/page-life-cycle.ts'
import { DEFAULT_RECONNECT, type ReconnectOptions } from '../connection/reconnect.ts'
import type { FeedStatus } from '../connection/status.ts'
import type { IdStore } from '../storage/id-store.ts'
import type { Transport } from '../transport/transport.ts'
import type { Overflow } from './event-queue.ts'
import type { Feed, FeedPayloads, InvalidEvent } from './feed.ts'
import { makeInspectable } from './inspect.ts'
import { StreamFeed } from './stream-feed.ts'

export interface ConnectOptions {
  /**
   * Base URL of a path (a contract's, or one that starts with `/`), without a query. Its own path is kept. Default: the page's
   * origin.
   */
  baseUrl?: string | URL
  /**
   * Returns the URL to request. Called before each attempt with the target's URL, to add a query or a fresh ticket.
   * Where there is no `URL`, as in a mini-program, it gets an object with `href` alone.
   */
  url?: (url: URL) => string | URL | Promise<string | URL>
  /** Request headers, or a function called before each attempt, so that a token can be fresh. */
  headers?: HeaderSource | (() => HeaderSource | Promise<HeaderSource>)
  /** Default `GET`. A request with another method is not sent again after its response ended: see `reconnect.resend`. */
  method?: string
  /** Request body, sent with each attempt, or a function called before each. */
  body?: BodySource | (() => BodySource | Promise<BodySource>)
  /**
   * Gets a fresh token after a 401. `headers`, `url` and `body` are then called again, and the stream resumes at the
   * same id. If the fresh token is refused as well, the feed closes. If `refresh` rejects, the attempt has failed: it
   * is retried later, except after an `SseError` with a 4xx `status`, which closes the feed. `singleFlight` shares one
   * refresh between all feeds and tabs.
   */
  refresh?: () => unknown
  /** As in `fetch`; `include` sends cookies to other origins. Default `same-origin`. */
  credentials?: RequestCredentials
  /** Replaces the global `fetch`. Must return a `Response` whose body is a web stream. */
  fetch?: typeof fetch
  /** Closes the feed when it aborts. */
  signal?: AbortSignal
  /** Carries the stream. Default: `fetchTransport`. */
  transport?: Transport
  /** Id to resume after, such as one that came with server-rendered state, or the place it is stored (`storedId`). */
  lastEventId?: string | IdStore
  reconnect?: ReconnectOptions
  /**
   * Silence after which a connection is considered dead, in milliseconds. Time the machine was asleep counts. Default:
   * twice the contract's `heartbeatMs` plus 5 s; without a contract `Infinity`, never. No effect with the native and
   * polyfill transports, which do not see heartbeats.
   */
  idleTimeoutMs?: number
  /** Maximum number of events one `for await` loop holds. Default 10,000. */
  maxQueued?: number
  /** What happens to events beyond `maxQueued`. Default `error`. */
  overflow?: Overflow
  /**
   * Called when history does not reach back to the last event id. If it returns a promise, the stream is held until it
   * settles; with `{ resumeFrom: id }` the stream then resumes after that id. Load the position first and the data
   * second (the hub's `getState` does): changes in between then arrive twice rather than never. If it rejects, the
   * stream resumes from before the gap, and the gap is reported again.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an `async` function without a result is valid.
  onGap?: (gap: Gap) => { resumeFrom: string } | void | Promise<{ resumeFrom: string } | void>
  /** Called with each event that does not match its schema. The stream continues. Default: reported like an error. */
  onInvalid?: (event: InvalidEvent) => void
  /**
   * Called with failed attempts, the error that closed the feed, and errors thrown by listeners. Default: an error that
   * closed the feed is logged to the console, errors of listeners and invalid events go to `reportError`; failed
   * attempts are visible in `status` only.
   */
  onError?: (error: unknown) => void
}

export type HeaderSource = Readonly<Record<string, string>>
export type BodySource = string | URLSearchParams | FormData | Blob

/** `ConnectOptions` for a path with parameters. */
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

/** Type of `connect`. */
export type Connect = <const Target extends StreamContract | string | URL>(
  target: Target,
  ...options: ConnectArguments<Target>
) => Feed<FeedPayloads<Target>>

/** What `connect` needs of the platform besides a transport. */
interface Platform {
  readonly watchPage: typeof watchPage
  /** Sends acknowledgements, and streams over the fetch transport. */
  readonly fetch: typeof fetch
}

const web: Platform = { watchPage, fetch: (input, init) => fetch(input, init) }

/** @internal Returns a `connect` with a default transport. */
export function connectWith(defaultTransport: Transport, platform: Platform = web): Connect {
  return (target, ...[given]) => {
    const options: ConnectOptions & { params?: Readonly<Record<string, string>> } = given ?? {}
    const { signal, headers = {}, body, baseUrl, method = 'GET', transport = defaultTransport } = options
    const contract = isContract(target) ? target : undefined
    const url = buildUrl(contract ? buildPath(contract.path, options.params) : String(target), baseUrl)
    const feed = new StreamFeed({
      ...options,
      transport,
      contract,
      watchPage: platform.watchPage,
      lastEventId: options.lastEventId ?? '',
      overflow: options.overflow ?? 'error',
      ...checkNumbers({
        idleTimeoutMs: options.idleTimeoutMs ?? (contract ? contract.heartbeatMs * 2 + 5_000 : Infinity),
        maxQueued: options.maxQueued ?? 10_000,
      }),
      reconnect: checkNumbers({ ...DEFAULT_RECONNECT, ...options.reconnect }),
      prepare: async () => ({
        url: options.url ? buildUrl(String(await options.url(toUrl(url))), baseUrl) : url,
        method,
        headers: typeof headers === 'function' ? await headers() : headers,
        body: typeof body === 'function' ? await body() : body,
        credentials: options.credentials,
        fetch: options.fetch ?? platform.fetch,
      }),
    })
    const headerNames = typeof headers === 'function' ? undefined : Object.keys(headers)
    makeInspectable(feed, { url, method, headerNames, contract, transport })
    const abort = () => feed.abort()
    const follow = ({ state }: FeedStatus) => {
      // A signal that outlives the feed must not retain it.
      if (state === 'closed') return signal?.removeEventListener('abort', abort)
      signal?.addEventListener('abort', abort)
      if (signal?.aborted) abort()
    }
    feed.onStatus(follow)
    follow(feed.status)
    return feed as unknown as Feed<FeedPayloads<typeof target>>
  }
}

export function isContract(target: StreamContract | string | URL): target is StreamContract {
  return typeof target === 'object' && 'events' in target
}

/** A base URL keeps its own path: `https://example.com/api` + `/leads` is `/api/leads`. */
export function buildUrl(target: string, baseUrl: string | URL | undefined): string {
  const page = (globalThis as { location?: { href: string } }).location?.href
  if (/[?#]/.test(String(baseUrl))) throw invalid(`baseUrl "${baseUrl}" must have no query: add it in url()`)
  const url = baseUrl && target.startsWith('/') ? `${String(baseUrl).replace(/\/+$/, '')}${target}` : target
  try {
    return toUrl(url, page).href
  } catch (cause) {
    throw invalid(`"${url}" is not a URL${page ? '' : '; outside a page, give baseUrl'}`, { cause })
  }
}

/** Mini-programs have no `URL`: an absolute one is then taken as it is. */
function toUrl(href: string, page?: string): URL {
  const isUnknown = !globalThis.URL && /^https?:/.test(href)
  return isUnknown ? ({ href, toString: () => href } as URL) : new URL(href, page)
}

function checkNumbers<Options extends Record<string, number | boolean | readonly number[]>>(
  options: Options,
): Options {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== 'boolean' && !Array.isArray(value) && !(Number(value) >= 0)) {
      throw invalid(`${name} must be 0 or more, not ${value}`)
    }
  }
  return options
}

function invalid(message: string, options?: ErrorOptions): SseError {
  return new SseError('option_invalid', `connect: ${message}`, options)
}
