import { WakeLoop } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import type { PrimaryLink } from './link.ts'
import type { LogCursor } from './log-cursor.ts'
import type { LogKeys } from './log-keys.ts'

/** How long the server sits on one read of an idle log. */
const BLOCK_MS = 5_000

export interface ListenerSettings {
  readonly link: PrimaryLink
  readonly cursor: LogCursor
  /** Has the cursor learn which log it is. */
  readonly look: () => Promise<unknown>
  /** Resolves when what this process is storing itself has been answered. */
  readonly settled: () => Promise<unknown>
}

/**
 * Waits for what others store, on a connection of its own that is blocked in a read of the log. Each read goes on
 * from an entry, never from "now": what comes between two reads is in the second.
 */
export class Listener {
  readonly #settings: ListenerSettings
  readonly #waker = new WakeLoop(() => this.#run())
  #log: LogKeys | undefined

  constructor(settings: ListenerSettings) {
    this.#settings = settings
  }

  add(call: () => void): () => void {
    return this.#waker.add(call)
  }

  /** There is another log, or another epoch of it: what it waits on may never come. */
  restart(): void {
    if (this.#log) this.#settings.link.reset()
  }

  close(): void {
    this.#waker.close()
  }

  async #run(): Promise<void> {
    const { link, look } = this.#settings
    try {
      // What it rejects with is told to who publishes or reads.
      await link.run(async (connection) => {
        await look()
        await this.#listen(connection)
      })
    } finally {
      this.#log = undefined
    }
  }

  async #listen(connection: Connection): Promise<void> {
    const { cursor, settled } = this.#settings
    const { log } = cursor
    this.#log = log
    this.#waker.wake() // for what came while nobody listened
    let from = cursor.head
    while (cursor.log === log) {
      const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', log.log, `${from}-0`]
      const answer = await connection.send(command, BLOCK_MS)
      if (answer === null) continue
      const [[, [[id]]]] = answer as [[string, [[string, string[]]]]]
      const position = Number.parseInt(id, 10)
      await settled()
      if (position <= cursor.appended) {
        from = Math.max(from, position, cursor.appended)
        continue
      }
      this.#waker.wake()
      // What is read from now on, in answer to the wake, reaches as far as any answer before.
      from = Math.max(from, position, cursor.head)
    }
  }
}
