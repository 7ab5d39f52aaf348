import { failed, unavailable } from '@sse/server/engine-kit'
import type { RedisConnection, Reply } from './connection.ts'
import { Script } from './script.ts'

const MIN_VERSION = 7
/** Defaults of the server's limits, in bytes. */
const DEFAULT_BULK_BYTES = 536_870_912
const DEFAULT_QUERY_BYTES = 1_073_741_824
/** A command of this size is sent and run in a fraction of the timeout. */
const MAX_COMMAND_BYTES = 16_777_216

export interface ServerLimits {
  /** Maximum size of one argument of a command, in bytes. */
  readonly maxArgumentBytes: number
  /** Size that the arguments of one command together should not exceed, in bytes. */
  readonly maxCommandBytes: number
}

export interface HandshakeSettings {
  /** A key of the hub that nothing else uses. */
  readonly probeKey: string
  readonly warn: (message: string) => void
}

/**
 * Checks a server before its first use: version, role, and the rights of this user.
 *
 * @throws {SseError} `engine_failed`; `engine_unavailable` for a replica.
 */
export async function checkServer(
  connection: RedisConnection,
  { probeKey, warn }: HandshakeSettings,
): Promise<ServerLimits> {
  const [hello, memory, config, showsHistory] = await Promise.all([
    connection.send(['HELLO']),
    connection.send(['INFO', 'memory']).catch(() => null),
    connection.send(['CONFIG', 'GET', 'proto-max-bulk-len', 'client-query-buffer-limit']).catch(() => null),
    PROBE.call(connection, [probeKey], []),
  ])
  const { where } = connection
  const { version, role } = fields(hello)
  if (Number.parseInt(String(version), 10) < MIN_VERSION) {
    throw failed(
      `Redis ${version} at ${where} is not supported: version ${MIN_VERSION}.0 or later is required`,
    )
  }
  if (role !== 'master') {
    throw unavailable(
      `Redis at ${where} is a replica: waiting for a primary. With Sentinel, pass \`sentinel\``,
    )
  }
  if (showsHistory !== 1) {
    warn(
      `Redis at ${where} hides INFO from this user: a failover that loses events is noticed only by processes that have seen them. Grant +info`,
    )
  }
  warnOfEviction(memory, where, warn)
  return limitsOf(config)
}

/** CONFIG is often forbidden: then the defaults are assumed. */
function limitsOf(config: Reply): ServerLimits {
  const limits = Array.isArray(config) ? fields(config) : {}
  const bulk = Number(limits['proto-max-bulk-len']) || DEFAULT_BULK_BYTES
  const query = Number(limits['client-query-buffer-limit']) || DEFAULT_QUERY_BYTES
  // The buffer of the server may contain a part of the next command too.
  return {
    maxArgumentBytes: Math.min(bulk, query / 2),
    maxCommandBytes: Math.min(MAX_COMMAND_BYTES, query / 4),
  }
}

function warnOfEviction(memory: Reply, where: string, warn: (message: string) => void): void {
  if (typeof memory !== 'string') return
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? ''
  if (!policy.startsWith('allkeys') || /maxmemory:0\s/.test(memory)) return
  warn(
    `Redis at ${where} may evict any key (maxmemory-policy ${policy}): history, idempotency keys and acknowledged positions may vanish. Use noeviction`,
  )
}

function fields(reply: Reply): Record<string, Reply> {
  const list = reply as Reply[]
  return Object.fromEntries(
    list.flatMap((name, index) => (index % 2 ? [] : [[String(name), list[index + 1] as Reply]])),
  )
}

/**
 * Runs each kind of command that the other scripts use, on a separate key: a script that is denied a command half way
 * would leave half its work. A server that is full or read-only denies nothing here.
 * Returns whether scripts may read the replication id.
 */
const PROBE = new Script(`
local first
local function try(...)
  local answer = redis.pcall(...)
  local text = type(answer) == 'table' and answer.err or ''
  for _, refusal in ipairs({ 'NOPERM', "can't run this command", "can't access", 'no permissions' }) do
    if string.find(text, refusal, 1, true) then first = first or text end
  end
end
local key = KEYS[1]
try('TIME')
try('EXISTS', key)
try('DEL', key)
try('XADD', key, '1-0', '', '')
try('XRANGE', key, '-', '+', 'COUNT', 1)
try('XREAD', 'COUNT', 1, 'STREAMS', key, '0')
try('XLEN', key)
try('XSETID', key, '1-0', 'ENTRIESADDED', 1, 'MAXDELETEDID', '0-1')
try('XDEL', key, '1-0')
try('XTRIM', key, 'MINID', 2)
try('DEL', key)
try('HSET', key, 'a', 'b')
try('HGET', key, 'a')
try('HMGET', key, 'a')
try('HDEL', key, 'a')
try('SADD', key, 'a')
try('SMEMBERS', key)
try('SPOP', key, 1)
try('SREM', key, 'a')
try('ZADD', key, 1, 'a')
try('ZSCORE', key, 'a')
try('ZRANGE', key, '-inf', 1, 'BYSCORE', 'LIMIT', 0, 1)
try('ZREM', key, 'a')
if first then return redis.error_reply('-NOPERM ' .. first) end
return type(redis.pcall('INFO', 'replication')) == 'string' and 1 or 0
`)
