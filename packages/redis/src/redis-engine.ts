import type { Commit, Engine, Entry, NewEntry, Page, PresenceStore, Retention } from '@sse/server'
import { failed, unavailable } from '@sse/server/engine-kit'
import type { Reply } from './connection.ts'
import type { PrimaryLink } from './link.ts'
import { Listener } from './listener.ts'
import { LogCursor } from './log-cursor.ts'
import type { HubKeys } from './log-keys.ts'
import { Presence } from './presence.ts'
import { Script } from './script.ts'
import { APPEND } from './scripts/append-script.ts'
import { COMMIT } from './scripts/commit-script.ts'
import { READ } from './scripts/read-script.ts'
import { TRIM } from './scripts/trim-script.ts'

const append = new Script(APPEND)
const read = new Script(READ)
const trim = new Script(TRIM)
const commit = new Script(COMMIT)

/** A log that is flushed faster than one can look is not to be had. */
const MAX_LOOKS = 5

/** The hub's log on a server: one connection for its commands, one that waits for what others store. */
export class ServerEngine implements Engine {
  readonly presence: PresenceStore
  maxDataBytes: number | undefined
  readonly #keys: HubKeys
  readonly #commands: PrimaryLink
  readonly #waiting: PrimaryLink
  readonly #cursor: LogCursor
  readonly #listener: Listener
  #appending: Promise<unknown> = Promise.resolve()
  #trimming: Promise<unknown> = Promise.resolve()
  #isClosing = false

  constructor(keys: HubKeys, openLink: () => PrimaryLink) {
    this.#keys = keys
    this.#commands = openLink()
    this.#waiting = openLink()
    this.#cursor = new LogCursor(keys, () => this.#listener.restart())
    this.presence = new Presence(keys, this.#commands)
    this.#listener = new Listener({
      link: this.#waiting,
      cursor: this.#cursor,
      look: () => this.read(0, 0),
      settled: () => this.#appending,
    })
  }

  append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const appended = this.#append(entries)
    this.#appending = appended.catch(() => {})
    return appended
  }

  async #append(entries: readonly NewEntry[]): Promise<{ epoch: string; positions: number[] }> {
    const channels = new Map<string, number>()
    const values: string[] = []
    if (this.maxDataBytes === undefined) await this.#commands.connection() // says it
    for (const { channel, event, data, key, idempotencyKey } of entries) {
      this.#checkSize(data)
      let index = channels.get(channel)
      if (index === undefined) {
        index = channels.size + 4
        channels.set(channel, index)
      }
      values.push(String(index), channel, event, data, optional(key), optional(idempotencyKey))
    }
    const [epoch, , positions] = await this.#onLog(append, [...channels.keys()], values, true)
    this.#cursor.noteAppended(positions as number[])
    return { epoch: epoch as string, positions: positions as number[] }
  }

  /** The server would cut the connection, and say why only if one is quick enough to hear it. */
  #checkSize(data: string): void {
    const most = this.maxDataBytes ?? Number.POSITIVE_INFINITY
    if (data.length * 3 <= most || Buffer.byteLength(data) <= most) return
    throw failed(
      `Redis takes no payload of more than ${most} bytes (proto-max-bulk-len): publish smaller ones`,
    )
  }

  async read(after: number, limit: number, channels?: readonly string[]): Promise<Page> {
    const asked = channels && [...new Set(channels)]
    // Scripts take no channels for all of them.
    const count = asked?.length === 0 ? 0 : limit
    const reply = await this.#onLog(read, asked ?? [], [String(after), String(count)])
    const [epoch, generation, head, oldest, entries] = reply as [string, string, number, number, RawEntry[]]
    this.#cursor.note(epoch, generation, head)
    return { epoch, head, oldest, entries: entries.map(toEntry) }
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
    const limits = [maxEvents, maxAgeMs].map((limit) =>
      limit < Number.MAX_SAFE_INTEGER ? String(limit) : '',
    )
    for (;;) {
      const [, , isMore] = await this.#onLog(trim, [], [...limits, `${this.#keys.hash}:`], true)
      if (isMore === 0 || this.#isClosing) return
    }
  }

  async commit(subscriber: string, { epoch, position }: Commit): Promise<void> {
    const values = [subscriber, epoch, String(position)]
    await this.#commands.run((connection) => commit.call(connection, [this.#keys.commits], values))
  }

  async committed(subscriber: string): Promise<Commit | undefined> {
    const held = await this.#commands.run((connection) =>
      connection.send(['HGET', this.#keys.commits, subscriber]),
    )
    if (typeof held !== 'string') return undefined
    const [epoch = '', position] = held.split(' ')
    return { epoch, position: Number(position) }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#listener.close()
    await this.#trimming // a piece of it at most
    await Promise.all([this.#commands.close(), this.#waiting.close()])
  }

  /** Calls a script with the keys of the log, which it refuses when the log was started anew. */
  async #onLog(
    script: Script,
    channels: readonly string[],
    values: readonly string[],
    needsIdempotency = false,
  ): Promise<Reply[]> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const { generation: given, log, idempotency, indexPrefix } = this.#cursor.log
      const keys = [this.#keys.hash, log]
      if (needsIdempotency) keys.push(idempotency)
      for (const channel of channels) keys.push(indexPrefix + channel)
      const reply = (await this.#commands.run((connection) =>
        script.call(connection, keys, [...this.#cursor.values, ...values]),
      )) as Reply[]
      const [epoch, generation] = reply as [string, string]
      this.#cursor.note(epoch, generation)
      if (generation === given) return reply // else it has done nothing
    }
    throw unavailable('The log on Redis is being replaced time and again')
  }
}

const optional = (text: string | undefined): string => (text === undefined ? '' : `:${text}`)

type RawEntry = readonly [id: string, fields: readonly string[]]

/** Fields stand in one order, always; the keys are left out together. */
function toEntry([id, fields]: RawEntry): Entry {
  const [, channel, , event, , data, , at, , key] = fields as string[]
  return {
    position: Number.parseInt(id, 10),
    at: Number(at),
    channel: channel as string,
    event: event as string,
    data: data as string,
    ...(key && { key: key.slice(1) }),
  }
}
