import { type Engine, type PresenceStore, SseError } from '@sse/server'
import { greet } from './greeting.ts'
import { linkToPrimary } from './link.ts'
import { HubKeys } from './log-keys.ts'
import { clusterPrimary, type FindPrimary, sentinelPrimary } from './primary.ts'
import { ServerEngine } from './redis-engine.ts'
import type { Address, Credentials, RedisOptions } from './redis-options.ts'

/** A hub's log on a Redis server, shared by any number of processes. */
export interface RedisEngine extends Engine {
  readonly presence: PresenceStore
}

/**
 * Keeps a hub's log on Redis 7 or newer, or Valkey: one server, or with `sentinel` or `cluster` whichever is primary.
 *
 * Two connections, opened when they are needed and again whenever they break. What is acknowledged is as durable
 * as the server was told to be; where it may have lost some of it, by a restart or a failover, the epoch is another.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. A server that is not there, or cannot be used, is what calls reject with:
 * `engine_unavailable` while trying again may help, else `engine_failed`.
 */
export function redis(options: RedisOptions | string = {}): RedisEngine {
  const given = typeof options === 'string' ? { url: options } : options
  const { name = 'hub', timeoutMs = 3_000, onWarning = warnProcess } = given
  checkName(name)
  checkTimeout(timeoutMs)
  const keys = new HubKeys(name)
  const { address, ...settings } = { ...parseUrl(given.url), ...credentials(given), timeoutMs }
  const warned = new Set<string>()
  const warn = (message: string) => {
    if (warned.has(message)) return
    warned.add(message)
    onWarning(message)
  }
  const findPrimary = primaryOf(given, address, keys, settings)
  const engine: ServerEngine = new ServerEngine(keys, () =>
    linkToPrimary({
      ...settings,
      findPrimary,
      name,
      greet: (connection) =>
        greet(connection, {
          probeKey: keys.probe,
          warn,
          onMaxBytes: (bytes) => {
            engine.maxDataBytes = bytes
          },
        }),
    }),
  )
  return engine
}

function primaryOf(
  { url, sentinel, cluster, resolveAddress = (address) => address }: RedisOptions,
  address: Address,
  keys: HubKeys,
  settings: Credentials & { timeoutMs: number; database?: number },
): FindPrimary {
  if ([url, sentinel, cluster].filter((way) => way !== undefined).length > 1) {
    throw invalid('url, sentinel and cluster exclude each other')
  }
  if (sentinel) {
    if (sentinel.nodes.length === 0 || !sentinel.master) throw invalid('sentinel needs `master` and `nodes`')
    return sentinelPrimary(sentinel, settings.timeoutMs, resolveAddress)
  }
  if (cluster) {
    if (cluster.nodes.length === 0) throw invalid('cluster needs `nodes`')
    return clusterPrimary(cluster.nodes, keys.hash, settings, resolveAddress)
  }
  return () => Promise.resolve(address)
}

/** What stands in the options wins over what stands in the URL. */
function credentials({
  username,
  password,
  tls,
  database,
}: RedisOptions): Credentials & { database?: number } {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    ...(database !== undefined && { database }),
  }
}

function parseUrl(text = 'redis://127.0.0.1:6379'): Credentials & { address: Address; database?: number } {
  const url = URL.parse(text)
  const database = url?.pathname.replace(/^\//, '') ?? ''
  if (!url || !/^rediss?:$/.test(url.protocol) || !url.hostname || !/^\d*$/.test(database)) {
    // Never the text itself: it may hold a password.
    throw invalid('url has to be like redis://user:password@host:6379/0, or rediss://… for TLS')
  }
  return {
    address: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) },
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: true }),
    ...(database && { database: Number(database) }),
  }
}

function checkName(name: string): void {
  if (/^[^{}\s]{1,128}$/.test(name)) return
  throw invalid(`name has to be 1 to 128 characters without spaces and braces, not ${JSON.stringify(name)}`)
}

/** Half of what a timer of Node can wait. */
const MAX_TIMEOUT_MS = 1_073_741_823

function checkTimeout(timeoutMs: number): void {
  if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return
  throw invalid(`timeoutMs must be 1 to ${MAX_TIMEOUT_MS}, not ${timeoutMs}`)
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `redis: ${message}`)
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'SseRedisWarning')
}
