import type { ConnectionOptions } from 'node:tls'

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:5432/database`. May be that of a pooler in transaction mode. Default: what libpq's
   * environment variables say (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`).
   */
  url?: string
  /** The server itself, for the one connection that listens, where `url` is a pooler in transaction mode. Default `url`. */
  listenUrl?: string
  /** Wins over the URL's. A function is asked at each connect: for passwords that expire. */
  password?: string | (() => string | Promise<string>)
  /** `true`: TLS, the certificate checked; or what `node:tls` takes: `ca`, `cert`, `key`, `servername` … */
  tls?: boolean | ConnectionOptions
  /** The schema for the engine's tables, made when it is missing. Up to 63 bytes. Default `sse`. */
  schema?: string
  /** Names the hub. Hubs that share a schema need different ones. 1 to 128 characters. Default `hub`. */
  name?: string
  /** For how long a call may wait for a connection and for an answer, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /**
   * Told once of each setting of the server that weakens what the engine promises. Default
   * `process.emitWarning`.
   */
  onWarning?: (message: string) => void
}
