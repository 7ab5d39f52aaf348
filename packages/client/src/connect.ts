import { buildPath, type PathParams, SseError, type StreamContract } from '@sse/contract'
import type { Feed, FeedPayloads, InvalidEvent } from './feed.ts'
import { makeInspectable } from './inspect.ts'
import type { ReconnectOptions } from './reconnect.ts'
import { StreamFeed } from './stream-feed.ts'
import type { Transport } from './transport.ts'

export interface ConnectOptions {
  /** What a path (a contract's, or one that starts with `/`) is put behind. Default: the page's origin. */
  baseUrl?: string | URL
  /** Request headers, or a function asked before each attempt, so that a token can be fresh. */
  headers?: HeaderSource | (() => HeaderSource | Promise<HeaderSource>)
  /** Default `GET`. */
  method?: string
  /** Sent again with each attempt. */
  body?: string | URLSearchParams | FormData | Blob
  /** As in `fetch`; `include` sends cookies to another origin. Default `same-origin`. */
  credentials?: RequestCredentials
  /** In place of the global `fetch`. */
  fetch?: typeof fetch
  /** Closes the feed when it aborts. */
  signal?: AbortSignal
  /** What carries the stream. Default: `fetchTransport`. */
  transport?: Transport
  /** The id to start after, such as one that came with server-rendered state. */
  lastEventId?: string
  reconnect?: ReconnectOptions
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
    const { signal, headers = {}, body, method = 'GET', credentials, transport = defaultTransport } = options
    const contract = isContract(target) ? target : undefined
    const url = buildUrl(
      contract ? buildPath(contract.path, options.params) : String(target),
      options.baseUrl,
    )
    const feed = new StreamFeed({
      ...options,
      contract,
      transport,
      reconnect: readReconnect(options.reconnect),
      prepare: async () => ({
        url,
        method,
        headers: typeof headers === 'function' ? await headers() : headers,
        body,
        credentials,
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

function isContract(target: StreamContract | string | URL): target is StreamContract {
  return typeof target === 'object' && 'events' in target
}

/** A base with a path of its own keeps it: `https://example.com/api` + `/leads` is `/api/leads`. */
function buildUrl(target: string, baseUrl: string | URL | undefined): string {
  const page = (globalThis as { location?: { href: string } }).location?.href
  const url = baseUrl && target.startsWith('/') ? `${String(baseUrl).replace(/\/+$/, '')}${target}` : target
  try {
    return new URL(url, page).href
  } catch (cause) {
    throw invalid(`"${url}" is not a URL${page ? '' : '; outside a page, give baseUrl'}`, { cause })
  }
}

function readReconnect(given: ReconnectOptions = {}): Required<ReconnectOptions> {
  const reconnect = { minDelayMs: 1_000, maxDelayMs: 30_000, maxAttempts: Infinity, ...given }
  for (const [name, value] of Object.entries(reconnect)) {
    if (!(value >= 0)) throw invalid(`reconnect.${name} must be 0 or more, not ${value}`)
  }
  return reconnect
}

function invalid(message: string, options?: ErrorOptions): SseError {
  return new SseError('option_invalid', `connect: ${message}`, options)
}
