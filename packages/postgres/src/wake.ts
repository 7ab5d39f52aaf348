import { setTimeout as pause } from 'node:timers/promises'
import { WakeLoop } from '@sse/server/engine-kit'
import type { PostgresConnection } from './connection.ts'
import type { Database } from './database.ts'
import type { Lane } from './lane.ts'
import { quoted } from './migrations.ts'

/** Interval of checks of a quiet connection, in milliseconds. */
const CHECK_MS = 5_000

export interface WakeListenerSettings {
  readonly database: Database
  /** The channel of Postgres on which processes notify each other. */
  readonly topic: string
  /** Id of this process: its own notifications do not wake it. */
  readonly self: string
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
  #onProbe: (() => void) | undefined

  constructor(settings: WakeListenerSettings) {
    this.#settings = settings
    // A failure is reported to the caller of publish or read.
    this.#loop = new WakeLoop(
      () => this.#run(),
      () => this.#disconnect(),
    )
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
    await this.#lane.run((connection) => this.#listen(connection, signal))
  }

  #disconnect(): void {
    this.#lane?.close()
    this.#lane = undefined
    this.#stop.abort()
    this.#stop = new AbortController()
  }

  async #listen(connection: PostgresConnection, stop: AbortSignal): Promise<void> {
    const { self, topic } = this.#settings
    connection.onNotification((payload) => {
      if (payload === `?${self}`) this.#onProbe?.()
      else if (payload !== self && !payload.startsWith('?')) this.wake()
    })
    const end = new AbortController()
    connection.onLost(() => end.abort())
    stop.addEventListener('abort', () => end.abort(), { signal: end.signal })
    if (stop.aborted) return
    await connection.query(`LISTEN ${quoted(topic)}`)
    this.wake() // for what was stored while nothing listened
    this.#probe(stop)
    while (!end.signal.aborted) {
      await pauseUntil(CHECK_MS, end.signal)
      if (!end.signal.aborted) await connection.query('SELECT 1')
    }
  }

  /** A pooler in transaction mode accepts a LISTEN and never delivers a notification. */
  async #probe(stop: AbortSignal): Promise<void> {
    const { database, self, topic, warn } = this.#settings
    const received = new Promise<void>((resolve) => {
      this.#onProbe = resolve
    })
    try {
      await database.query('keep', 'SELECT pg_notify($2, $3), $1::text', [topic, `?${self}`])
    } catch {
      return
    }
    const isReceived = await Promise.race([received.then(() => true), pauseUntil(CHECK_MS, stop)])
    if (isReceived || stop.aborted) return
    warn(
      'Postgres delivers no notifications: events of other processes arrive up to a second late. If `url` is a pooler in transaction mode, pass the URL of the server as `listenUrl`',
    )
  }
}

/** Does not keep the process alive. */
async function pauseUntil(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal, ref: false }).catch(() => {})
}
