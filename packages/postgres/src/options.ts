import type { ConnectionOptions } from 'node:tls'
import { MAX_TIMEOUT_MS, OptionChecks, reportOnce } from '@sse/server/engine-kit'

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:5432/database`. May be the URL of a pooler in transaction mode. Default: libpq's
   * environment variables (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`).
   */
  url?: string
  /** URL of the server itself, for the connection that listens, if `url` is a pooler in transaction mode. Default `url`. */
  listenUrl?: string
  /** Overrides the URL's. A function is called at each connect, for passwords that expire. */
  password?: string | (() => string | Promise<string>)
  /** `true`: TLS with certificate check; or options of `node:tls`: `ca`, `cert`, `key`, `servername` … */
  tls?: boolean | ConnectionOptions
  /** Schema of the engine's tables, created if it is missing. Up to 63 bytes. Default `sse`. */
  schema?: string
  /** Name of the hub. Hubs that share a schema need different names. 1 to 128 characters. Default `hub`. */
  name?: string
  /** Maximum time a call waits for a connection and for a reply, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /**
   * Receives a message, once, for each setting of the server that weakens what the engine promises, and for events of
   * the outbox that were set aside. Default `process.emitWarning`.
   */
  onWarning?: (message: string) => void
}

/** What it takes to open a connection. */
export interface ConnectionSettings {
  readonly url: string | undefined
  readonly password: PostgresOptions['password']
  readonly tls: PostgresOptions['tls']
  readonly timeoutMs: number
  readonly schema: string
}

export interface PostgresSettings extends ConnectionSettings {
  readonly listenUrl: string | undefined
  readonly name: string
  readonly warn: (message: string) => void
}

const checks = new OptionChecks('postgres')
const SCHEMA = /^[\p{L}_][\p{L}\p{N}_-]*$/u
const SCHEMA_RULE = '1 to 63 bytes of letters, digits, _ and -, without a digit first'

/** Checks the options and completes them with defaults. @throws {SseError} `option_invalid`. */
export function parseOptions(options: PostgresOptions | string): PostgresSettings {
  const given = typeof options === 'string' ? { url: options } : options
  const { url, listenUrl = url, password, tls, schema = 'sse', name = 'hub', timeoutMs = 3_000 } = given
  checkUrl('url', url)
  checkUrl('listenUrl', listenUrl)
  checks.text('schema', schema, SCHEMA, SCHEMA_RULE)
  if (Buffer.byteLength(schema) > 63) throw checks.invalid(`schema must be ${SCHEMA_RULE}`)
  checks.text('name', name, /^[^\p{Cc}\p{Surrogate}]{1,128}$/u, '1 to 128 characters')
  checks.number('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
  const warn = reportOnce('SsePostgresWarning', given.onWarning)
  return { url, listenUrl, password, tls, schema, name, timeoutMs, warn }
}

function checkUrl(option: string, text: string | undefined): void {
  if (text === undefined) return
  checks.url(option, text, /^postgres(ql)?:$/, 'postgres://user:password@host:5432/database')
}
