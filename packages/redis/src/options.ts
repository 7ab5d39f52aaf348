import type { ConnectionOptions } from 'node:tls'
import { MAX_TIMEOUT_MS, OptionChecks, reportOnce } from '@sse/server/engine-kit'

/** Host and port of a server. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Name and password of a Redis user. Without `username`: the user `default`. */
export interface Login {
  username?: string
  password: string
}

/** Static credentials of a server. */
export interface Credentials {
  username?: string
  password?: string
  /** `true`, or options of `node:tls`: `ca`, `cert`, `key`, `servername` … */
  tls?: boolean | ConnectionOptions
}

/** Redis Sentinel. The sentinels are asked for the primary at every connect. */
export interface SentinelOptions extends Credentials {
  /** Name of the group, as in `sentinel monitor <name> …`. */
  master: string
  nodes: readonly Address[]
}

export interface RedisOptions extends Credentials {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS. Default `redis://127.0.0.1:6379`. */
  url?: string
  /** Sentinels that name the primary, instead of `url`. Their credentials are separate from the server's. */
  sentinel?: SentinelOptions
  /** Some nodes of a Redis Cluster, instead of `url`. A hub lies on one shard: its name is the hash tag. */
  cluster?: { nodes: readonly Address[] }
  /** Translates an address that a sentinel or a cluster names, for NAT and tunnels. */
  resolveAddress?: (address: Address) => Address
  /**
   * Returns the user and password. Called at each connect, for passwords that expire (IAM, Entra ID). Replaces
   * `username` and `password`.
   */
  credentials?: () => Login | Promise<Login>
  /** Number of the database. Default: that of `url`, else 0. */
  database?: number
  /**
   * Name of the hub: its keys start with `sse:{name}`. Hubs that share a server need different names. 1 to 128
   * characters. Default `hub`.
   */
  name?: string
  /** Maximum time a call waits for a connection and for a reply, in milliseconds. Default 3,000. */
  timeoutMs?: number
  /**
   * Receives a message for each setting of the server that weakens what the engine promises, once. Default
   * `process.emitWarning`.
   */
  onWarning?: (message: string) => void
}

/** What it takes to open a connection to one server. */
export interface ConnectionSettings {
  readonly credentials: () => Partial<Login> | Promise<Partial<Login>>
  readonly tls: boolean | ConnectionOptions | undefined
  readonly database?: number | undefined
  readonly timeoutMs: number
  /** Name of the hub, for messages. */
  readonly name: string
}

export interface RedisSettings extends ConnectionSettings {
  readonly address: Address
  readonly sentinel: (ConnectionSettings & Pick<SentinelOptions, 'master' | 'nodes'>) | undefined
  readonly cluster: RedisOptions['cluster']
  readonly resolveAddress: (address: Address) => Address
  readonly warn: (message: string) => void
}

const checks = new OptionChecks('redis')
const EXAMPLE = 'redis://user:password@host:6379/0, or rediss://… for TLS'

/** Checks the options and completes them with defaults. @throws {SseError} `option_invalid`. */
export function parseOptions(options: RedisOptions | string): RedisSettings {
  const given = typeof options === 'string' ? { url: options } : options
  const { name = 'hub', timeoutMs = 3_000, cluster, resolveAddress = (address) => address, onWarning } = given
  checks.text('name', name, /^[^{}\s]{1,128}$/, '1 to 128 characters without spaces and braces')
  checks.number('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
  checkWays(given)
  const { address, ...fromUrl } = parseUrl(given.url)
  return {
    address,
    credentials: credentialsOf(given, fromUrl),
    tls: given.tls ?? fromUrl.tls,
    database: given.database ?? fromUrl.database,
    timeoutMs,
    name,
    sentinel: given.sentinel && parseSentinel(given.sentinel, name, timeoutMs),
    cluster,
    resolveAddress,
    warn: reportOnce('SseRedisWarning', onWarning),
  }
}

function checkWays({ url, sentinel, cluster, credentials, username, password }: RedisOptions): void {
  if ([url, sentinel, cluster].filter((way) => way !== undefined).length > 1) {
    throw checks.invalid('pass only one of url, sentinel and cluster')
  }
  if (sentinel && (sentinel.nodes.length === 0 || !sentinel.master)) {
    throw checks.invalid('sentinel needs `master` and `nodes`')
  }
  if (cluster?.nodes.length === 0) throw checks.invalid('cluster needs `nodes`')
  if (credentials && (username !== undefined || password !== undefined)) {
    throw checks.invalid('pass either credentials, or username and password')
  }
}

/** Options override the URL. */
function credentialsOf(
  { credentials, username, password }: RedisOptions,
  fromUrl: Credentials,
): ConnectionSettings['credentials'] {
  if (credentials) return credentials
  const login = pick({ username: username ?? fromUrl.username, password: password ?? fromUrl.password })
  return () => login
}

function parseSentinel({ master, nodes, tls, ...login }: SentinelOptions, name: string, timeoutMs: number) {
  return { master, nodes, tls, credentials: () => pick(login), name, timeoutMs }
}

function parseUrl(text = 'redis://127.0.0.1:6379'): Credentials & { address: Address; database?: number } {
  const url = checks.url('url', text, /^rediss?:$/, EXAMPLE)
  const database = url.pathname.replace(/^\//, '')
  if (!url.hostname || !/^\d*$/.test(database)) throw checks.invalid(`url must be like ${EXAMPLE}`)
  return {
    address: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) },
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: true }),
    ...(database && { database: Number(database) }),
  }
}

function pick({ username, password }: { username?: string | undefined; password?: string | undefined }) {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}
