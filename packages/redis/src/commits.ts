import { type Commit, finiteLimit } from '@sse/server/engine-kit'
import type { PrimaryConnection } from './connection.ts'
import type { HubKeys } from './keys.ts'
import { Script } from './script.ts'

/** Commits removed by one call of a script. */
const MAX_EXPIRED = 1_000
const HELD = /^(\w{1,32}) (\d{1,16})$/

/** Positions that subscribers have acknowledged, in one hash, and the time of each in a sorted set. */
export class Commits {
  readonly #keys: readonly string[]
  readonly #connection: PrimaryConnection

  constructor({ commits, commitTimes }: HubKeys, connection: PrimaryConnection) {
    this.#keys = [commits, commitTimes]
    this.#connection = connection
  }

  async set(subscriber: string, { epoch, position }: Commit): Promise<void> {
    await this.#call(COMMIT, subscriber, epoch, String(position))
  }

  async get(subscribers: readonly string[]): Promise<Map<string, Commit>> {
    const names = [...new Set(subscribers)]
    const held = await this.#connection.run(async (connection) =>
      names.length === 0 ? [] : connection.send(['HMGET', this.#keys[0] as string, ...names]),
    )
    const found = new Map<string, Commit>()
    for (const [index, name] of names.entries()) {
      const commit = parseCommit((held as unknown[])[index])
      if (commit) found.set(name, commit)
    }
    return found
  }

  async forget(subscriber: string): Promise<void> {
    await this.#call(FORGET, subscriber)
  }

  /** Removes commits older than a time. @returns whether there may be more to remove. */
  async expirePiece(maxAgeMs: number): Promise<boolean> {
    if (finiteLimit(maxAgeMs) === undefined) return false
    return (await this.#call(EXPIRE, String(maxAgeMs))) === 1
  }

  #call(script: Script, ...values: string[]) {
    return this.#connection.run((connection) => script.call(connection, this.#keys, values))
  }
}

/** Reads a stored commit; `undefined` for what is none. */
export function parseCommit(held: unknown): Commit | undefined {
  const [, epoch, position] = HELD.exec(String(held)) ?? []
  return epoch === undefined ? undefined : { epoch, position: Number(position) }
}

const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`

/**
 * Keys: commits, their times. Arguments: subscriber, epoch, position. Within one epoch, a commit only moves forward;
 * each one renews its time.
 */
const COMMIT = new Script(`${NOW}
redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1])
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local epoch, position = string.match(held, '^(%w+) (%d+)$')
  if epoch == ARGV[2] and tonumber(position) > tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
`)

/** Keys: commits, their times. Argument: subscriber. */
const FORGET = new Script(`
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
`)

/** Keys: commits, their times. Argument: maximum age in milliseconds. Returns whether there is more. */
const EXPIRE = new Script(`${NOW}
local limit = string.format('%.0f', now - tonumber(ARGV[1]))
local old = redis.call('ZRANGE', KEYS[2], '-inf', limit, 'BYSCORE', 'LIMIT', 0, ${MAX_EXPIRED})
for _, subscriber in ipairs(old) do
  redis.call('HDEL', KEYS[1], subscriber)
  redis.call('ZREM', KEYS[2], subscriber)
end
return #old == ${MAX_EXPIRED} and 1 or 0
`)
