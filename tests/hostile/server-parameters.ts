/** What a server under attack is started with. */
export interface ServerParameters {
  /** Default `memory`. */
  engine?: 'memory' | 'sqlite'
  /** File of the SQLite engine. Required for it. */
  file?: string
  /** Events stored on the channel `everyone` before the server listens. Default: none. */
  preload?: { count: number; bytes: number }
  /** Options of the hub. */
  hub?: {
    ring?: { maxEvents?: number; maxBytes?: number }
    maxConnections?: number
    maxConnectionsPerIdentity?: number
  }
  /** Options of the stream. Default: none. */
  stream?: { stallTimeoutMs?: number }
}

/** What a server under attack says of itself. */
export interface ServerReport {
  readonly rss: number
  /** Highest `rss` since the last `mark`. */
  readonly peakRss: number
  /** Of V8's heap, after a garbage collection. */
  readonly heapUsed: number
  /** Of buffers outside of V8's heap, after a garbage collection. */
  readonly arrayBuffers: number
  /** Longest time the event loop was blocked since the last `mark`, in milliseconds. */
  readonly loopDelayMs: number
  /** `hub.stats()`. */
  readonly stats: { readonly connections: number; readonly ringBytes: number; readonly rejected: number }
  /** Identities present on the channel `everyone`. */
  readonly present: readonly string[]
  /** Errors reported to the hub's `onError`. */
  readonly errors: readonly string[]
}

export interface Ports {
  readonly http1: number
  readonly http2: number
  /** Id before the first event that was ever published. */
  readonly oldId: string
}

export interface Published {
  /** Serial of the last event. */
  readonly last: number
  /** Messages of the publishes that were rejected. */
  readonly rejected: readonly string[]
  /** Longest time until a publish was resolved, in milliseconds. */
  readonly slowestMs: number
}
