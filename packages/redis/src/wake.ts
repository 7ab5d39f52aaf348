import { WakeLoop } from '@sse/server/engine-kit'
import type { PrimaryConnection, RedisConnection } from './connection.ts'
import type { RedisLog } from './log.ts'

/** Time the server holds back the reply to one read of an idle log. */
const BLOCK_MS = 5_000

export interface WakeListenerSettings {
  readonly connection: PrimaryConnection
  readonly log: RedisLog
  /** Reads the state of the log, so that `log` knows which one it is. */
  readonly readState: () => Promise<unknown>
  /** Resolves when the append in flight has its reply. */
  readonly appendSettled: () => Promise<unknown>
}

/**
 * Waits for entries of other processes, on a connection that is blocked in a read of the log. Each read starts after an
 * entry, never "now": what is stored between two reads is part of the second.
 */
export class WakeListener {
  readonly #settings: WakeListenerSettings
  readonly #loop = new WakeLoop(() => this.#run())
  #isListening = false

  constructor(settings: WakeListenerSettings) {
    this.#settings = settings
  }

  add(callback: () => void): () => void {
    return this.#loop.add(callback)
  }

  /** Reconnects, because the log was replaced: the read in flight may never be answered. */
  restart(): void {
    if (this.#isListening) this.#settings.connection.reset()
  }

  close(): void {
    this.#loop.close()
  }

  async #run(): Promise<void> {
    const { connection, readState } = this.#settings
    try {
      // A failure is reported to the caller of publish or read.
      await connection.run(async (raw) => {
        await readState()
        await this.#listen(raw)
      })
    } finally {
      this.#isListening = false
    }
  }

  async #listen(connection: RedisConnection): Promise<void> {
    const { log, appendSettled } = this.#settings
    const { keys } = log
    this.#isListening = true
    this.#loop.wake() // for what was stored while nothing listened
    let from = log.head
    while (log.keys === keys) {
      const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', keys.log, `${from}-0`]
      const reply = await connection.send(command, BLOCK_MS)
      if (reply === null) continue
      const [[, [[id]]]] = reply as [[string, [[string, string[]]]]]
      const position = Number.parseInt(id, 10)
      await appendSettled()
      if (position <= log.appended) {
        from = Math.max(from, position, log.appended)
        continue
      }
      this.#loop.wake()
      // Reads in answer to the wake reach at least as far as any reply so far.
      from = Math.max(from, position, log.head)
    }
  }
}
