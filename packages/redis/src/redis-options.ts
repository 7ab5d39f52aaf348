import type { ConnectionOptions } from 'node:tls'

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What opens the door of a server. */
export interface Credentials {
  username?: string
  password?: string
  /** `true`, or what `node:tls` takes: `ca`, `cert`, `key`, `servername` … */
  tls?: boolean | ConnectionOptions
}

/** Redis Sentinel: asked for the primary at every connect. */
export interface SentinelOptions extends Credentials {
  /** The group's name, as in `sentinel monitor <name> …`. */
  master: string
  nodes: readonly Address[]
}

export interface RedisOptions extends Credentials {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS. Default `redis://127.0.0.1:6379`. */
  url?: string
  /** Asks these for the primary, instead of `url`. Its credentials are the sentinels'; the servers' stand beside. */
  sentinel?: SentinelOptions
  /** Some nodes of a Redis Cluster, instead of `url`. All of a hub lies on one of them: its name is the hash tag. */
  cluster?: { nodes: readonly Address[] }
  /** Where an address that a sentinel or a cluster names is reached from here, through NAT or a tunnel. */
  resolveAddress?: (address: Address) => Address
  /** Number of the database. Default that of `url`, else 0. */
  database?: number
  /** Names the hub: its keys start with `sse:{name}`. Hubs that share a server need different ones. Default `hub`. */
  name?: string
  /** For how long a call may wait for a connection and for an answer, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /**
   * Told once of each setting of the server that weakens what the engine promises. Default
   * `process.emitWarning`.
   */
  onWarning?: (message: string) => void
}
