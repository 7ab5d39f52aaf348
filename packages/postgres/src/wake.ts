import { setTimeout as pause } from 'node:timers/promises'
import { WakeLoop } from '@sse/server/engine-kit'
import type { PostgresConnection } from './connection.ts'
import type { Database } from './database.ts'
import type { Lane } from './lane.ts'
import { quoted } from './migrations.ts'
import { NOTIFY } from './notify.ts'
import { OUTBOX } from './sql/publish-function.ts'

/** Interval of the proofs that notifications arrive, in milliseconds. */
const PROOF_MS = 30_000
/** Time a notification may take, in milliseconds. */
const ARRIVAL_MS = 5_000
/** Pause after a proof that could not be sent, in milliseconds. */
const PAUSE_MS = 1_000

const NO_NOTIFICATIONS =
  'Postgres delivers no notifications: events of other processes arrive up to a second late. If `url` is a pooler in transaction mode, pass the URL of the server as `listenUrl`'

export interface WakeListenerSettings {
  readonly database: Database
  /** The channel of Postgres on which processes notify each other. */
  readonly topic: string
  /** Id of this process: its own notifications do not wake it. */
  readonly self: string
  /** Called when another program is about to commit, or has committed, an event in the outbox. */
  readonly onOutbox: () => void
  readonly warn: (message: string) => void
}

/**
 * Wakes on notifications of other processes, and after each reconnect. Without a callback there is no connection, and
 * nothing is sent.
 */
export class WakeListener {
  readonly #settings: WakeListenerSettings
  readonly #loop: WakeLoop
  #lane: Lane | undefined
  #stop = new AbortController()
  #onProof: (() => void) | undefined
  #isProven = false

  constructor(settings: WakeListenerSettings) {
    this.#settings = settings
    // A failure is reported to the caller of publish or read.
    this.#loop = new WakeLoop(
      () => this.#run(),
      () => this.#disconnect(),
    )
  }

  /** Whether notifications arrive: the last one that this process sent itself did. */
  get isProven(): boolean {
    return this.#isProven
  }

  add(call: () => void): () => void {
    return this.#loop.add(call)
  }

  wake(): void {
    this.#loop.wake()
  }

  close(): void {
    this.#loop.close()
  }

  async #run(): Promise<void> {
    this.#lane ??= this.#settings.database.createListener()
    const { signal } = this.#stop
    try {
      await this.#lane.run((connection) => this.#listen(connection, signal))
    } finally {
      this.#isProven = false
    }
  }

  #disconnect(): void {
    this.#lane?.close()
    this.#lane = undefined
    this.#stop.abort()
    this.#stop = new AbortController()
  }

  async #listen(connection: PostgresConnection, stop: AbortSignal): Promise<void> {
    const { self, topic, onOutbox, warn } = this.#settings
    connection.onNotification((payload) => {
      if (payload === `?${self}`) this.#onProof?.()
      else if (payload === OUTBOX) onOutbox()
      else if (payload !== self && !payload.startsWith('?')) this.wake()
    })
    const end = new AbortController()
    connection.onLost(() => end.abort())
    stop.addEventListener('abort', () => end.abort(), { signal: end.signal })
    if (stop.aborted) return
    await connection.query(`LISTEN ${quoted(topic)}`)
    this.wake() // for what was stored while nothing listened
    let hasWarned = false
    while (!end.signal.aborted) {
      const wasProven = this.#isProven
      const outcome = await this.#prove(end.signal)
      if (end.signal.aborted) return
      this.#isProven = outcome === 'arrived'
      if (outcome === 'lost') {
        await connection.query('SELECT 1') // rejects if the connection is dead
        if (wasProven)
          connection.destroy() // the next one listens again
        else if (!hasWarned) warn(NO_NOTIFICATIONS)
        hasWarned = true
      }
      await pauseUntil(outcome === 'unsent' ? PAUSE_MS : PROOF_MS, end.signal)
    }
  }

  /**
   * Sends this process a notification, the way other processes do. A pooler in transaction mode accepts a LISTEN and never
   * delivers one, and a network may forget a quiet connection.
   */
  async #prove(end: AbortSignal): Promise<'arrived' | 'lost' | 'unsent'> {
    const { database, self, topic } = this.#settings
    const arrived = new Promise<'arrived'>((resolve) => {
      this.#onProof = () => resolve('arrived')
    })
    try {
      await database.query('keep', NOTIFY, [topic, `?${self}`])
    } catch {
      return 'unsent'
    }
    const waited = new AbortController()
    const late = pauseUntil(ARRIVAL_MS, AbortSignal.any([end, waited.signal])).then(() => 'lost' as const)
    const outcome = await Promise.race([arrived, late])
    waited.abort()
    return outcome
  }
}

/** Does not keep the process alive. */
async function pauseUntil(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal, ref: false }).catch(() => {})
}
