import { createHash } from 'node:crypto'
import type { RedisConnection, Reply } from './connection.ts'

/** A Lua script on the server: called by its hash, and sent in full where the server does not know it yet. */
export class Script {
  readonly #text: string
  readonly #sha: string

  constructor(text: string) {
    this.#text = text
    this.#sha = createHash('sha1').update(text).digest('hex')
  }

  async call(
    connection: RedisConnection,
    keys: readonly string[],
    values: readonly string[],
  ): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await connection.send(['EVALSHA', this.#sha, ...rest])
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return await connection.send(['EVAL', this.#text, ...rest])
    }
  }
}
