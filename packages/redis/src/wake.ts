import { WakeLoop } from '@sse/server/engine-kit'
import type { PrimaryConnection, RedisConnection } from './connection.ts'
import type { RedisLog } from './log.ts'

/** Time the server holds back the reply to one read of an idle log. A server that does not answer is noticed so late. */
const BLOCK_MS = 30_000

export interface WakeListenerSettings {
  /** Creates the connection that waits. */
  readonly connect: () => PrimaryConnection
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
  readonly #loop = new WakeLoop(
    () => this.#run(),
    () => this.#stop(),
  )
  #connection: PrimaryConnection | undefined
  #isListening = false

  constructor(settings: WakeListenerSettings) {
    this.#settings = settings
  }

  /** Whether the connection waits for entries. */
  get isListening(): boolean {
    return this.#isListening
  }

  add(callback: () => void): () => void {
    return this.#loop.add(callback)
  }

  /** Reconnects, because the log was replaced: the read in flight may never be answered. */
  restart(): void {
    if (this.#isListening) this.#connection?.reset()
  }

  close(): void {
    this.#loop.close()
  }

  /** Closes the connection: the server forgets the blocked read. */
  #stop(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  async #run(): Promise<void> {
    const { connect, readState } = this.#settings
    this.#connection ??= connect()
    try {
      // A failure is reported to the caller of publish or read.
      await this.#connection.run(async (raw) => {
        await readState()
        await this.#listen(raw)
      })
    } finally {
      this.#isListening = false
    }
  }

  async #listen(connection: RedisConnection): Promise<void> {
    const { log, appendSettled, readState } = this.#settings
    const { keys } = log
    this.#isListening = true
    this.#loop.wake() // for what was stored while nothing listened
    let from = log.head
    while (log.keys === keys) {
      const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', keys.log, `${from}-0`]
      const reply = await connection.send(command, BLOCK_MS)
      if (reply === null) continue
      const [[, [[id]]]] = reply as [[string, [[string, string[]]]]]
      const next = from + 1
      // Any other id was added by another program, or is behind entries that were trimmed.
      if (id !== `${next}-0`) await readState()
      await appendSettled()
      if (next > log.appended) this.#loop.wake()
      // Reads in answer to the wake reach at least as far as any reply so far.
      from = Math.max(from, id === `${next}-0` ? next : from, log.appended, log.head)
    }
  }
}
