import type { Commit } from '@sse/server/engine-kit'
import type { PrimaryConnection } from './connection.ts'
import type { HubKeys } from './keys.ts'
import { Script } from './script.ts'

/** Positions that subscribers have acknowledged, in one hash. */
export class Commits {
  readonly #keys: HubKeys
  readonly #connection: PrimaryConnection

  constructor(keys: HubKeys, connection: PrimaryConnection) {
    this.#keys = keys
    this.#connection = connection
  }

  async set(subscriber: string, { epoch, position }: Commit): Promise<void> {
    const values = [subscriber, epoch, String(position)]
    await this.#connection.run((connection) => COMMIT.call(connection, [this.#keys.commits], values))
  }

  async get(subscriber: string): Promise<Commit | undefined> {
    const held = await this.#connection.run((connection) =>
      connection.send(['HGET', this.#keys.commits, subscriber]),
    )
    if (typeof held !== 'string') return undefined
    const [epoch = '', position] = held.split(' ')
    return { epoch, position: Number(position) }
  }
}

/** Key: commits. Arguments: subscriber, epoch, position. Within one epoch, a commit only moves forward. */
const COMMIT = new Script(`
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local epoch, position = string.match(held, '^(%w+) (%d+)$')
  if epoch == ARGV[2] and tonumber(position) >= tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
`)
