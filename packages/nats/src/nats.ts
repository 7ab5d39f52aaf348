import { type Engine, type PresenceStore, SseError } from '@sse/server'
import { ServerEngine } from './nats-engine.ts'
import type { NatsOptions } from './nats-options.ts'

/** A hub's log on NATS JetStream, shared by any number of processes. */
export interface NatsEngine extends Engine {
  readonly presence: PresenceStore
}

/**
 * Keeps a hub's log in a stream of NATS JetStream, server 2.9 or newer, alone or a cluster.
 *
 * One connection, opened when it is needed and again whenever it breaks. What is acknowledged is as durable as the
 * server was told to be.
 *
 * @param options or a URL.
 * @throws {SseError} `option_invalid`. A server that is not there, or cannot be used, is what calls reject with:
 * `engine_unavailable` while trying again may help, else `engine_failed`.
 */
export function nats(options: NatsOptions | string = {}): NatsEngine {
  const given = typeof options === 'string' ? { servers: options } : options
  const {
    name = 'hub',
    replicas = 1,
    idempotencyMs = 3_600_000,
    timeoutMs = 3_000,
    onWarning = warnProcess,
    servers = 'nats://127.0.0.1:4222',
    ...credentials
  } = given
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw invalid(`name has to be 1 to 64 letters, digits, - and _, not ${JSON.stringify(name)}`)
  }
  checkNumber('replicas', replicas, 1, 5)
  checkNumber('idempotencyMs', idempotencyMs, 100, MAX_IDEMPOTENCY_MS)
  checkNumber('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
  const warned = new Set<string>()
  return new ServerEngine({
    hub: name,
    replicas,
    idempotencyMs,
    timeoutMs,
    warn: (message) => {
      if (warned.has(message)) return
      warned.add(message)
      onWarning(message)
    },
    ...parseServers(servers),
    ...credentials,
  })
}

/** 24 days: the server keeps keys in memory. In nanoseconds it is below what a number holds exactly. */
const MAX_IDEMPOTENCY_MS = 2_147_483_647
/** Half of what a timer of Node can wait. */
const MAX_TIMEOUT_MS = 1_073_741_823

function parseServers(servers: string | readonly string[]) {
  const urls = [servers].flat().map((text) => URL.parse(text.includes('://') ? text : `nats://${text}`))
  const isFit = (url: URL | null): url is URL =>
    url !== null && /^(nats|tls):$/.test(url.protocol) && !!url.hostname
  if (urls.length === 0 || !urls.every(isFit)) {
    // Never the text itself: it may hold a password.
    throw invalid('servers have to be like nats://user:password@host:4222, or tls://… for TLS')
  }
  const { username = '', password = '' } = urls.find((url) => url.username !== '') ?? {}
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`),
    ...(username && !password && { token: decodeURIComponent(username) }),
    ...(username && password && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  }
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw invalid(`${name} must be ${least} to ${most}, not ${value}`)
}

function invalid(message: string): SseError {
  return new SseError('option_invalid', `nats: ${message}`)
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'SseNatsWarning')
}
