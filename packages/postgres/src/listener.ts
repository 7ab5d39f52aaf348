import { setTimeout as pause } from 'node:timers/promises'
import { WakeLoop } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { quoted } from './migrations.ts'

/** How often a quiet connection is asked whether it still is one. */
const CHECK_MS = 5_000

export interface ListenerSettings {
  readonly database: Database
  /** The channel of Postgres on which processes tell each other. */
  readonly topic: string
  /** Of this process; what it says itself wakes nobody. */
  readonly self: string
  readonly warn: (message: string) => void
}

/** Hears what other processes say on a connection of its own, and that it has been away. */
export class Listener {
  readonly #settings: ListenerSettings
  readonly #waker: WakeLoop
  readonly #stop = new AbortController()
  #onProbe: (() => void) | undefined

  constructor(settings: ListenerSettings) {
    this.#settings = settings
    // What it rejects with is told to who publishes or reads.
    this.#waker = new WakeLoop(() =>
      settings.database.listening.run((connection) => this.#listen(connection)),
    )
  }

  add(call: () => void): () => void {
    return this.#waker.add(call)
  }

  wake(): void {
    this.#waker.wake()
  }

  close(): void {
    this.#waker.close()
    this.#stop.abort()
  }

  async #listen(connection: Connection): Promise<void> {
    const { self, topic } = this.#settings
    connection.onNotification((payload) => {
      if (payload === `?${self}`) this.#onProbe?.()
      else if (payload !== self && !payload.startsWith('?')) this.wake()
    })
    const end = new AbortController()
    connection.onLost(() => end.abort())
    this.#stop.signal.addEventListener('abort', () => end.abort(), { signal: end.signal })
    await connection.query(`LISTEN ${quoted(topic)}`)
    this.wake() // for what came while nobody listened
    this.#probe()
    while (!end.signal.aborted) {
      await pauseUntil(CHECK_MS, end.signal)
      if (!end.signal.aborted) await connection.query('SELECT 1')
    }
  }

  /** A pooler in transaction mode takes a LISTEN and never tells anything. */
  async #probe(): Promise<void> {
    const { database, self, topic, warn } = this.#settings
    const heard = new Promise<void>((resolve) => {
      this.#onProbe = resolve
    })
    try {
      await database.ask('keep', 'SELECT pg_notify($2, $3), $1::text', [topic, `?${self}`])
    } catch {
      return
    }
    const isHeard = await Promise.race([heard.then(() => true), pauseUntil(CHECK_MS, this.#stop.signal)])
    if (isHeard || this.#stop.signal.aborted) return
    warn(
      'Postgres: what other processes store is not heard of, only looked for now and then. Is `url` a pooler in transaction mode? Pass `listenUrl`, the server itself',
    )
  }
}

/** Keeps no process alive. */
async function pauseUntil(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal, ref: false }).catch(() => {})
}
