/** An open connection, as diagnostics show it. */
export interface ObservedConnection {
  /**
   * Bytes of the event stream passed to the response so far: compressed by the option `compression`, but before
   * compression by middleware, and without HTTP's own framing.
   */
  readonly sentBytes: number
}

/** An event on its way into the log. */
export interface ObservedPublish {
  /** Path of the hub's contract. */
  readonly path: string
  /** Name of the event. */
  readonly event: string
  /**
   * Trace context to store with the event, as the `traceparent` header of W3C Trace Context. Set by a subscriber of
   * `sse.publish`. Clients never get it.
   */
  traceparent: string | undefined
}

/** Messages published on `node:diagnostics_channel`, by channel name. `path` is the contract's, with its parameters. */
export interface Diagnostics {
  /** A response has started. */
  'sse.connection.opened': { path: string; connection: ObservedConnection }
  /** The first event was passed to a response, `afterMs` milliseconds after the request arrived. */
  'sse.connection.first_event': { path: string; afterMs: number; connection: ObservedConnection }
  /**
   * A started response is over, `durationMs` milliseconds after it started. `reason` is `ended`, `failed`, or the code of
   * why it was closed.
   */
  'sse.connection.closed': {
    path: string
    reason: string
    durationMs: number
    connection: ObservedConnection
  }
  /** A request was refused before its response started. */
  'sse.connection.rejected': { path: string; code: string; status: number }
  /** A connection resumed reading `behind` events that it had missed. */
  'sse.catchup': { path: string; behind: number; from: 'ring' | 'engine' }
  /** A connection was sent a gap: history is missing. */
  'sse.gap': { path: string; reason: string }
  /** `publish`, `publishIn` or a `publishHandler` is about to store an event. */
  'sse.publish': ObservedPublish
  /** What became of it: the same object, and the event's id (`publish` only), or the error. */
  'sse.published': { publish: ObservedPublish; id?: string; error?: unknown }
  /**
   * Events with a trace context were passed to the live readers of this process, in one batch: `deliveries` is the number
   * of connections and loops that took it, `durationMs` the time of passing it on.
   */
  'sse.delivered': {
    path: string
    events: readonly { readonly event: string; readonly id: string; readonly traceparent: string }[]
    deliveries: number
    durationMs: number
  }
}

interface DiagnosticsChannel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

interface Runtime {
  getBuiltinModule?: (id: string) => { channel(name: string): DiagnosticsChannel } | undefined
}

// Looked up instead of imported: the root also runs where this module does not exist.
const { process: runtime } = globalThis as unknown as Record<'process', Runtime | undefined>
const builtin = runtime?.getBuiltinModule?.('node:diagnostics_channel')

const channels = new Map<string, DiagnosticsChannel>()

/** Publishes a message. Without subscribers it costs one lookup. */
export function report<Name extends keyof Diagnostics>(name: Name, message: Diagnostics[Name]): void {
  const channel = find(name)
  if (channel?.hasSubscribers) channel.publish(message)
}

/** Returns whether a channel has a subscriber, for messages that are dear to make. */
export function isObserved(name: keyof Diagnostics): boolean {
  return find(name)?.hasSubscribers ?? false
}

function find(name: string): DiagnosticsChannel | undefined {
  if (!builtin) return undefined
  let channel = channels.get(name)
  if (!channel) {
    channel = builtin.channel(name)
    channels.set(name, channel)
  }
  return channel
}
