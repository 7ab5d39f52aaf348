import type { PathParams, StreamContract } from '@sse/contract'
import type { FeedStatus } from '../connection/status.ts'
import type { ConnectOptions } from '../feed/connect.ts'
import type { EventMeta, Feed, FeedPayloads, ListenablePayload } from '../feed/feed.ts'
import { connect } from '../index.ts'
import type { RecentEvent } from './recent-events.ts'

/** What hooks listen to. */
export type FeedSource<Payloads> = Feed<Payloads> | SharedFeed<Payloads>

/** Options of a connection that several parts of a page use; what uses it decides when it closes, no signal. */
export interface SharedOptions extends Omit<ConnectOptions, 'signal'> {
  /**
   * Parts of a page share a connection where target, parameters, `baseUrl`, `method`, `credentials`, `body`,
   * plain `headers`, `lastEventId`, `reconnect`, `transport` and this are the same. Functions are not compared
   * (the latest is called): where they speak for different users, name the user here.
   */
  shareKey?: string
  /** With `false` nothing connects, as while nobody is signed in. Default `true`. */
  enabled?: boolean
}

/** `SharedOptions` for a path that names parameters. */
export interface SharedOptionsFor<Path extends string> extends SharedOptions {
  /** The path's parameters; each is percent-encoded. */
  params: PathParams<Path>
}

export type SharedArguments<Target> =
  Target extends StreamContract<infer Path>
    ? [keyof PathParams<Path>] extends [never]
      ? [options?: SharedOptions]
      : [options: SharedOptionsFor<Path>]
    : [options?: SharedOptions]

/** How long a connection that nobody uses stays: a re-mount within it finds the connection open. */
export const RELEASE_DELAY_MS = 1_000

/** What it shows until it has connected; always the same object. */
export const CONNECTING: FeedStatus = { state: 'connecting', attempt: 1 }
const OFF: FeedStatus = { state: 'closed', reason: 'closed' }

type AnyOptions = SharedOptions & { params?: Readonly<Record<string, string>> }
type Callback = (...given: unknown[]) => unknown
type AnyFeed = Feed<Record<string, unknown>>
interface Connection {
  readonly feed: AnyFeed
  /** Of each name that was ever listened to: for who comes later. */
  readonly latest: Map<string, RecentEvent<unknown> | undefined>
  /** Of whoever asked last: its functions are called. */
  options: AnyOptions
  users: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/** Only what is in use, so that a server that renders keeps nothing. */
const connections = new Map<string, Connection>()
const numbers = new WeakMap<object, number>()
let lastNumber = 0

/**
 * A place on a connection that all with the same target and options share. Making one costs nothing and opens
 * nothing, so that it can be made while rendering, on a server too: the first listener, or `retain()`, connects.
 */
export class SharedFeed<Payloads>
  implements Pick<Feed<Payloads>, 'on' | 'onStatus' | 'status' | 'lastEventId' | 'ack'>
{
  /** Two with the same key share a connection. */
  readonly key: string
  readonly #target: StreamContract | string | URL
  #options: AnyOptions

  constructor(target: StreamContract | string | URL, options: SharedOptions = {}) {
    this.key = shareKey(target, options)
    this.#target = target
    this.#options = options
  }

  /** Takes the functions of newer options with the same key; never reconnects. */
  update(options: SharedOptions = {}): void {
    this.#options = options
    const connection = connections.get(this.key)
    if (connection) connection.options = options
  }

  /**
   * Keeps the connection open, and opens it if nobody has.
   *
   * @returns a function that lets go; without users it closes `RELEASE_DELAY_MS` later.
   */
  retain(): () => void {
    if (this.#options.enabled === false) return () => {}
    const connection = this.#connection()
    clearTimeout(connection.timer)
    connection.users += 1
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      connection.users -= 1
      if (connection.users > 0) return
      const release = () => {
        if (connections.get(this.key) === connection) connections.delete(this.key)
        connection.feed.close()
      }
      // What has ended is of no use to the next.
      if (connection.feed.status.state === 'closed') release()
      else connection.timer = setTimeout(release, RELEASE_DELAY_MS)
    }
  }

  on<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
    listener: (payload: ListenablePayload<Payloads, Name>, meta: EventMeta) => void,
  ): () => void {
    // Of its own: the same function may listen twice.
    return this.#use(({ feed, latest }) => {
      if (!latest.has(name)) {
        latest.set(name, undefined)
        feed.on(name, (payload, meta) => latest.set(name, { ...meta, payload }))
      }
      return feed.on(name, (payload, meta) => listener(payload as never, meta))
    })
  }

  onStatus(listener: (status: FeedStatus) => void): () => void {
    return this.#use(({ feed }) => feed.onStatus((status) => listener(status)))
  }

  /** The newest event of that name since anyone began to listen to it on this connection. */
  latest<Name extends (keyof Payloads & string) | 'gap'>(
    name: Name,
  ): RecentEvent<ListenablePayload<Payloads, Name>> | undefined {
    const event = connections.get(this.key)?.latest.get(name)
    return event as RecentEvent<ListenablePayload<Payloads, Name>> | undefined
  }

  get status(): FeedStatus {
    return connections.get(this.key)?.feed.status ?? (this.#options.enabled === false ? OFF : CONNECTING)
  }

  get lastEventId(): string {
    return connections.get(this.key)?.feed.lastEventId ?? ''
  }

  /** As `feed.ack`. */
  ack(id: string): Promise<void> {
    const release = this.retain()
    const sent = connections.get(this.key)?.feed.ack(id) ?? Promise.resolve()
    sent.then(release, release)
    return sent
  }

  #use(start: (connection: Connection) => () => void): () => void {
    const release = this.retain()
    const connection = connections.get(this.key)
    const stop = connection ? start(connection) : () => {}
    return () => {
      stop()
      release()
    }
  }

  #connection(): Connection {
    const known = connections.get(this.key)
    if (known && !(known.users === 0 && known.feed.status.state === 'closed')) return known
    const connection: Connection = {
      feed: this.#connect(() => connection.options),
      latest: new Map(),
      options: this.#options,
      users: 0,
      timer: undefined,
    }
    connections.set(this.key, connection)
    return connection
  }

  /** Functions are looked up when they are called: a callback of the latest render, a token of the latest user. */
  #connect(latest: () => AnyOptions): AnyFeed {
    const options = Object.entries(this.#options).map(([name, value]) => [
      name,
      typeof value === 'function' && name !== 'transport'
        ? (...given: unknown[]) => (latest() as Record<string, Callback>)[name]?.(...given)
        : value,
    ])
    const follow = connect as unknown as (target: unknown, options: ConnectOptions) => AnyFeed
    return follow(this.#target, Object.fromEntries(options))
  }
}

/** A `SharedFeed`, typed by its target as `connect` types its feed. */
export function shareFeed<const Target extends StreamContract | string | URL>(
  target: Target,
  ...[options]: SharedArguments<Target>
): SharedFeed<FeedPayloads<Target>> {
  return new SharedFeed(target, options)
}

/** The same text where a connection can be shared. */
export function shareKey(target: StreamContract | string | URL, options: SharedOptions = {}): string {
  const { body, transport, lastEventId, enabled, ...others } = options
  const isContract = typeof target === 'object' && 'events' in target
  const key = {
    ...others,
    target: isContract ? number(target) : String(target),
    isOff: enabled === false,
    body: body instanceof URLSearchParams ? String(body) : typeof body === 'object' ? number(body) : body,
    transport: transport && number(transport),
    id: typeof lastEventId === 'object' ? [lastEventId.key ?? number(lastEventId)] : lastEventId,
  }
  // Of a function only that there is one: the latest is called.
  return JSON.stringify(key, (_, value) =>
    typeof value === 'function' ? 0 : isPlain(value) ? sorted(value) : value,
  )
}

const isPlain = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === '[object Object]'
const sorted = (value: object): object =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
function number(thing: object): number {
  const known = numbers.get(thing)
  if (known) return known
  lastNumber += 1
  numbers.set(thing, lastNumber)
  return lastNumber
}
