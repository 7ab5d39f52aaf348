import { failed, unavailable } from '@sse/server/engine-kit'
import type { Connection, Reply } from './connection.ts'
import { Script } from './script.ts'

const MIN_VERSION = 7
/** Of one argument: `proto-max-bulk-len`. */
const DEFAULT_MAX_BYTES = 536_870_912

export interface GreetingSettings {
  /** A key beside the hub's, that nobody uses. */
  readonly probeKey: string
  readonly warn: (message: string) => void
  /** Told how long one argument of a command may be. */
  readonly onMaxBytes: (bytes: number) => void
}

/** Looks at a server before it is used: that it is new enough, primary, and lets this user do what it takes. */
export async function greet(connection: Connection, settings: GreetingSettings): Promise<void> {
  const { probeKey, warn, onMaxBytes } = settings
  const [hello, memory, limit, showsHistory] = await Promise.all([
    connection.send(['HELLO']),
    connection.send(['INFO', 'memory']).catch(() => null),
    connection.send(['CONFIG', 'GET', 'proto-max-bulk-len']).catch(() => null),
    PROBE.call(connection, [probeKey], []),
  ])
  const { version, role } = fields(hello)
  if (Number.parseInt(String(version), 10) < MIN_VERSION) {
    throw failed(`Redis at ${connection.where} is version ${version}: ${MIN_VERSION}.0 is the least`)
  }
  if (role !== 'master') {
    throw unavailable(
      `Redis at ${connection.where} is a replica: waiting for a primary. With Sentinel, pass \`sentinel\``,
    )
  }
  // Often hidden: then it is what it is by default.
  const maxBytes = Array.isArray(limit) ? Number(limit[1]) : Number.NaN
  onMaxBytes(maxBytes > 0 ? maxBytes : DEFAULT_MAX_BYTES)
  if (showsHistory !== 1) {
    warn(
      `Redis at ${connection.where} hides INFO from this user: a failover that loses events is noticed only by who has seen them. Grant +info`,
    )
  }
  if (typeof memory !== 'string') return
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? ''
  if (policy.startsWith('allkeys') && !/maxmemory:0\s/.test(memory)) {
    warn(
      `Redis at ${connection.where} evicts keys without asking (maxmemory-policy ${policy}): history, idempotency keys and acknowledged positions may vanish. Use noeviction`,
    )
  }
}

function fields(reply: Reply): Record<string, Reply> {
  const list = reply as Reply[]
  return Object.fromEntries(
    list.flatMap((name, index) => (index % 2 ? [] : [[String(name), list[index + 1] as Reply]])),
  )
}

/**
 * Does each kind of thing that the other scripts do, on a key of its own: a script that is forbidden a command in its
 * middle would leave half its work. A server that is full or read-only forbids nothing.
 * Answers whether scripts may ask for the replication id.
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
try('XTRIM', key, 'MINID', 2)
try('DEL', key)
try('HSET', key, 'a', 'b')
try('HGET', key, 'a')
try('HMGET', key, 'a')
try('HDEL', key, 'a')
try('SADD', key, 'a')
try('SMEMBERS', key)
try('SREM', key, 'a')
try('ZADD', key, 1, 'a')
try('ZSCORE', key, 'a')
try('ZRANGE', key, '-inf', 1, 'BYSCORE', 'LIMIT', 0, 1)
try('ZREM', key, 'a')
if first then return redis.error_reply('-NOPERM ' .. first) end
return type(redis.pcall('INFO', 'replication')) == 'string' and 1 or 0
`)
