/** Engines that an attacked server can have. */
export type EngineName = 'memory' | 'sqlite' | 'redis' | 'postgres'

/** Where an engine stores its log. */
export interface EngineStore {
  /** Default `memory`. */
  readonly engine?: EngineName
  /** File of SQLite. */
  readonly file?: string
  /** URL of Redis or Postgres. */
  readonly url?: string
}

/** What a server under attack is started with. */
export interface ServerParameters extends EngineStore {
  /** Events stored on the channel `everyone` before the server listens. Default: none. */
  readonly preload?: { readonly count: number; readonly bytes: number }
  /** Options of the hub. */
  readonly hub?: {
    readonly ring?: { readonly maxEvents?: number; readonly maxBytes?: number }
    readonly maxConnections?: number
    readonly maxConnectionsPerIdentity?: number
  }
  /** Options of the stream. Default: none. */
  readonly stream?: { readonly stallTimeoutMs?: number }
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
