import type { Member, PresenceStore } from '@sse/server/engine-kit'
import type { PrimaryConnection, Reply } from './connection.ts'
import type { HubKeys } from './keys.ts'
import { Script } from './script.ts'

/** Maximum number of members in one call. */
const MAX_MEMBERS = 500

/** Members of all processes, with expiry by the server's clock. */
export class Presence implements PresenceStore {
  readonly #keys: HubKeys
  readonly #connection: PrimaryConnection

  constructor(keys: HubKeys, connection: PrimaryConnection) {
    this.#keys = keys
    this.#connection = connection
  }

  async enter(process: string, members: readonly Member[], ttlMs: number): Promise<void> {
    for (const some of pieces(members)) {
      // Members of an earlier life of the process are removed first, piece by piece.
      while ((await this.#call(ENTER, process, String(ttlMs), ...some)) === 0) {}
    }
  }

  async leave(process: string, members: readonly Member[]): Promise<void> {
    for (const some of pieces(members)) await this.#call(LEAVE, process, ...some)
  }

  async touch(process: string, ttlMs: number): Promise<boolean> {
    return (await this.#call(TOUCH, process, String(ttlMs))) === 1
  }

  async present(channel: string): Promise<string[]> {
    return (await this.#call(PRESENT, channel)) as string[]
  }

  #call(script: Script, ...values: string[]): Promise<Reply> {
    const { processes, presencePrefix } = this.#keys
    return this.#connection.run((connection) =>
      script.call(connection, [processes], [presencePrefix, ...values]),
    )
  }
}

/** At least one piece, even an empty one: entering no members still renews the process's lease. */
function pieces(members: readonly Member[]): string[][] {
  const all: string[][] = []
  for (let from = 0; from === 0 || from < members.length; from += MAX_MEMBERS) {
    const some = members.slice(from, from + MAX_MEMBERS)
    all.push(some.flatMap(({ channel, identity }) => [channel, identity]))
  }
  return all
}

/** Reads a member of a process as the scripts write it. */
export function splitMember(text: string): Member {
  const start = text.indexOf(':') + 1
  const channel = Buffer.from(text.slice(start)).subarray(0, Number.parseInt(text, 10)).toString()
  return { channel, identity: text.slice(start + channel.length) }
}

/**
 * Key: a sorted set of processes by the server's time at which each expires. The first argument is the prefix of the
 * other keys: for each process a set `p:` of `channel's length:channel identity`, for each channel a set `c:` of
 * `process's length:process identity`.
 */
const PRESENCE = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local prefix = ARGV[1]
local function join(name, identity) return #name .. ':' .. name .. identity end
local function split(text)
  local length, rest = string.match(text, '^(%d+):(.*)$')
  return string.sub(rest, 1, tonumber(length)), string.sub(rest, tonumber(length) + 1)
end
local function remove(process, members)
  for _, member in ipairs(members) do
    local channel, identity = split(member)
    redis.call('SREM', prefix .. 'c:' .. channel, join(process, identity))
  end
end
local function forgetSome(process)
  local members = redis.call('SPOP', prefix .. 'p:' .. process, ${MAX_MEMBERS})
  remove(process, members)
  if #members == ${MAX_MEMBERS} then return false end
  redis.call('ZREM', KEYS[1], process)
  return true
end
local function lives(process)
  local untilTime = redis.call('ZSCORE', KEYS[1], process)
  return untilTime and tonumber(untilTime) > now
end
local function forgetSilent()
  local silent = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)
  if silent[1] then forgetSome(silent[1]) end
end
`

/**
 * Arguments: prefix, process, ttl, then channel and identity of each member. Returns 0 if it must be called again.
 */
const ENTER = new Script(`${PRESENCE}
local process = ARGV[2]
if not lives(process) and not forgetSome(process) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), process)
forgetSilent()
for i = 4, #ARGV, 2 do
  redis.call('SADD', prefix .. 'p:' .. process, join(ARGV[i], ARGV[i + 1]))
  redis.call('SADD', prefix .. 'c:' .. ARGV[i], join(process, ARGV[i + 1]))
end
return 1
`)

/** Arguments: prefix, process, then channel and identity of each member. */
const LEAVE = new Script(`${PRESENCE}
for i = 3, #ARGV, 2 do
  local member = join(ARGV[i], ARGV[i + 1])
  redis.call('SREM', prefix .. 'p:' .. ARGV[2], member)
  remove(ARGV[2], { member })
end
return 1
`)

/** Arguments: prefix, process, ttl. Returns whether its members are still stored. */
const TOUCH = new Script(`${PRESENCE}
forgetSilent()
if not lives(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[2])
return 1
`)

/** Arguments: prefix, channel. Returns identities. */
const PRESENT = new Script(`${PRESENCE}
local known, seen, present = {}, {}, {}
for _, member in ipairs(redis.call('SMEMBERS', prefix .. 'c:' .. ARGV[2])) do
  local process, identity = split(member)
  if known[process] == nil then known[process] = lives(process) or false end
  if known[process] and not seen[identity] then
    seen[identity] = true
    present[#present + 1] = identity
  end
end
return present
`)
