import { createHash } from 'node:crypto'
import type { Connection, Reply } from './connection.ts'

/** A script of the server's Lua: called by its hash, sent whole where it is not known. */
export class Script {
  readonly #text: string
  readonly #sha: string

  constructor(text: string) {
    this.#text = text
    this.#sha = createHash('sha1').update(text).digest('hex')
  }

  async call(connection: Connection, keys: readonly string[], values: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await connection.send(['EVALSHA', this.#sha, ...rest])
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return await connection.send(['EVAL', this.#text, ...rest])
    }
  }
}
