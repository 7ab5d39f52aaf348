import { createHash, randomUUID } from 'node:crypto'
import type { Commit, Entry, NewEntry, Page, PresenceStore, Retention } from '@sse/server'
import { closed, failed } from '@sse/server/engine-kit'
import type { Row } from './connection.ts'
import { Database, type DatabaseSettings } from './database.ts'
import { Listener } from './listener.ts'
import { Notifier } from './notifier.ts'
import { Placer } from './placer.ts'
import type { PostgresEngine, RunSql } from './postgres-engine.ts'
import { Presence } from './presence.ts'
import { SubscriberCommits } from './subscriber-commits.ts'

/** Of one entry, and of all of an append: a message of Postgres ends at 1 GiB, and escapes may double its text. */
const MAX_DATA_BYTES = 67_108_864
const MAX_APPEND_CHARS = 134_217_728

/** The log in one schema of a database: what a hub asks of it. */
export class LogEngine implements PostgresEngine {
  readonly maxDataBytes: number = MAX_DATA_BYTES
  readonly presence: PresenceStore
  readonly #database: Database
  readonly #listener: Listener
  readonly #notifier: Notifier
  readonly #placer: Placer
  readonly #commits: SubscriberCommits
  #trimming: Promise<unknown> = Promise.resolve()
  /** The furthest that any answer has named. */
  #seen: Commit = { epoch: '', position: 0 }

  constructor(settings: DatabaseSettings) {
    const { schema, name, warn } = settings
    const self = randomUUID()
    // Names of channels end after 63 bytes.
    const topic = `sse_${createHash('sha256').update(`${schema}/${name}`).digest('hex').slice(0, 32)}`
    this.#database = new Database(settings)
    this.#listener = new Listener({ database: this.#database, topic, self, warn })
    this.#notifier = new Notifier(this.#database, topic, self)
    this.#placer = new Placer(this.#database, () => {
      this.#listener.wake()
      this.#notifier.tell()
    })
    this.#commits = new SubscriberCommits(this.#database)
    this.presence = new Presence(this.#database)
  }

  async append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    this.#placer.start()
    checkSize(entries)
    const hasKeys = entries.some(({ idempotencyKey }) => idempotencyKey !== undefined)
    const [row] = await this.#database.ask('append', this.#database.statements.append, [
      this.#seen.epoch,
      this.#seen.position,
      entries.map(({ channel }) => channel),
      entries.map(({ event }) => event),
      entries.map(({ data }) => data),
      entries.map(({ key }) => key ?? null),
      hasKeys ? entries.map(({ idempotencyKey }) => idempotencyKey ?? null) : null,
    ])
    const [epoch, given] = row as [string, string[]]
    const positions = given.map(Number)
    this.#note(epoch, Math.max(...positions))
    this.#notifier.tell()
    return { epoch, positions }
  }

  async insert({ channel, event, data, key, idempotencyKey }: NewEntry, run: RunSql): Promise<void> {
    await this.#database.open()
    const { name, statements } = this.#database
    const params = [name, channel, event, data, key ?? null, idempotencyKey ?? null]
    await run(statements.insert, params, statements.insertStrings)
    this.#placer.soon()
  }

  async read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    this.#placer.start()
    const { statements } = this.#database
    const text = channels ? statements.readChannels : statements.read
    const values = [after, limit, ...(channels ? [[...new Set(channels)]] : [])]
    for (let attempt = 0; ; attempt += 1) {
      const seen = this.#seen
      const rows = await this.#database.ask('read', text, values)
      const [epoch, head, trimmed] = (rows[0] ?? []) as [string, string, string]
      if (rows.length === 0 && attempt < 2) this.#database.forget()
      else if (rows.length === 0) throw failed('The row of this hub vanishes time and again')
      else if (epoch === seen.epoch && Number(head) < seen.position && attempt < 2) await this.#renew(seen)
      else {
        this.#note(epoch, Number(head))
        const entries = rows.filter((row) => row[3] !== null).map(toEntry)
        return { epoch, head: Number(head), oldest: Number(trimmed) + 1, entries }
      }
    }
  }

  onWake(callback: () => void): () => void {
    return this.#listener.add(callback)
  }

  trim(retention: Retention): Promise<void> {
    const trimmed = this.#trim(retention)
    this.#trimming = trimmed.catch(() => {})
    return trimmed
  }

  async #trim({ maxEvents, maxAgeMs }: Retention): Promise<void> {
    const limits = [maxEvents, maxAgeMs].map((limit) => (limit < Number.MAX_SAFE_INTEGER ? limit : null))
    for (;;) {
      const [row] = await this.#database.ask('keep', this.#database.statements.trim, limits)
      if (row?.[0] !== true || this.#database.isClosed) return
    }
  }

  commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    if (this.#database.isClosed) return Promise.reject(closed())
    return this.#commits.commit({ subscriber, epoch, position })
  }

  committed(subscriber: string): Promise<Commit | undefined> {
    return this.#commits.committed(subscriber)
  }

  async close(): Promise<void> {
    this.#placer.stop()
    this.#listener.close()
    this.#database.seal()
    await this.#notifier.close()
    this.#database.close()
    await this.#trimming
  }

  #note(epoch: string, position: number): void {
    if (epoch !== this.#seen.epoch || position > this.#seen.position) this.#seen = { epoch, position }
  }

  /** The log has lost what this process has seen: a copy was put back. Its positions must not mean two things. */
  async #renew({ epoch, position }: Commit): Promise<void> {
    await this.#database.ask('keep', this.#database.statements.renew, [epoch, position])
  }
}

function checkSize(entries: readonly NewEntry[]): void {
  const chars = entries.reduce((sum, { data }) => sum + data.length, 0)
  if (chars <= MAX_APPEND_CHARS) return
  throw failed(
    `Postgres takes no ${chars} characters at once, at most ${MAX_APPEND_CHARS}: publish smaller payloads, or fewer at a time`,
  )
}

function toEntry(row: Row): Entry {
  const [, , , position, at, channel, event, data, key] = row as string[]
  return {
    position: Number(position),
    at: Number(at),
    channel: channel as string,
    event: event as string,
    data: data as string,
    ...(key !== null && { key }),
  }
}
