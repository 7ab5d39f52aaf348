/**
 * Reads a log without opening it as an engine: for tools.
 *
 * @module
 */
import {
  type Entry,
  failed,
  type Listed,
  type LogInspector,
  type LogState,
  type Member,
  type Page,
  type SubscriberCommit,
  unavailable,
  utf8Length,
} from '@sse/server/engine-kit'
import { parseCommit } from './commits.ts'
import { RedisConnection, type Reply } from './connection.ts'
import { toSseError } from './errors.ts'
import { HubKeys } from './keys.ts'
import { parseOptions, type RedisOptions, type RedisSettings } from './options.ts'
import { splitMember } from './presence.ts'
import { primaryFinder } from './primary.ts'
import { toEntry } from './read.ts'

/** Entries of the first request, and of any: however large they are, a page takes little more than its bytes. */
const FIRST_PIECE = 8
const MAX_PIECE = 1_000
/** Elements of one request for a hash or a set. */
const SCAN = 500

/**
 * Returns an inspector of a hub's log on Redis. Uses one connection, which opens at first use, and reading commands only:
 * a user with `+@read` and `+info` can run it.
 *
 * @throws {SseError} `option_invalid`.
 */
export function inspectRedis(options: RedisOptions | string = {}): LogInspector {
  return new RedisInspector(parseOptions(options))
}

class RedisInspector implements LogInspector {
  readonly #settings: RedisSettings
  readonly #keys: HubKeys
  #opening: Promise<RedisConnection> | undefined

  constructor(settings: RedisSettings) {
    this.#settings = settings
    this.#keys = new HubKeys(settings.name)
  }

  async read(after: number, { limit, maxBytes }: { limit: number; maxBytes: number }): Promise<Page> {
    const { generation, ...state } = await this.#readState()
    const entries: Entry[] = []
    let bytes = 0
    let largest = maxBytes / FIRST_PIECE
    let reached = Math.max(after, state.oldest - 1)
    while (entries.length < limit && bytes < maxBytes && reached < state.head) {
      const log = this.#keys.log(generation).log
      const most = Math.max(1, Math.floor((maxBytes - bytes) / largest))
      const count = String(Math.min(MAX_PIECE, most, limit - entries.length))
      largest = 1
      const found = await this.#send(['XRANGE', log, String(reached + 1), String(state.head), 'COUNT', count])
      const piece = (found as [string, string[]][]).map(readEntry)
      if (piece.length === 0) break
      for (const entry of piece) {
        entries.push(entry)
        reached = entry.position
        const size = utf8Length(entry.data)
        bytes += size
        largest = Math.max(largest, size)
        if (bytes >= maxBytes) break
      }
    }
    const isCut = entries.length >= limit || bytes >= maxBytes
    return { ...state, entries, reached: isCut ? reached : Math.max(after, state.head) }
  }

  async commits(limit: number): Promise<Listed<SubscriberCommit>> {
    await this.#readState()
    const { commits } = this.#keys
    const total = Number(await this.#send(['HLEN', commits]))
    const items: SubscriberCommit[] = []
    for (
      let cursor = '0', isFirst = true;
      (isFirst || cursor !== '0') && items.length < limit;
      isFirst = false
    ) {
      const [next, held] = (await this.#send(['HSCAN', commits, cursor, 'COUNT', String(SCAN)])) as [
        string,
        string[],
      ]
      for (let at = 0; at < held.length; at += 2) {
        const commit = parseCommit(held[at + 1])
        if (commit) items.push({ subscriber: held[at] as string, ...commit })
      }
      cursor = next
    }
    return { items: items.slice(0, limit), total: Math.max(total, items.length) }
  }

  async members(limit: number): Promise<Listed<Member>> {
    await this.#readState()
    const { processes, presencePrefix } = this.#keys
    const [seconds, micros] = (await this.#send(['TIME'])) as [string, string]
    const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
    const live = (await this.#send(['ZRANGE', processes, `(${now}`, '+inf', 'BYSCORE'])) as string[]
    const found = new Map<string, Member>()
    for (const process of live) {
      for (const member of (await this.#send(['SMEMBERS', `${presencePrefix}p:${process}`])) as string[]) {
        found.set(member, splitMember(member))
      }
    }
    const items = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member)
    return { items: items.slice(0, limit), total: items.length }
  }

  async close(): Promise<void> {
    const connection = await this.#opening?.catch(() => undefined)
    connection?.destroy()
  }

  async #readState(): Promise<LogState & { generation: string }> {
    const { name } = this.#settings
    const { hash } = this.#keys
    const meta = (await this.#send(['HMGET', hash, 'kind', 'generation', 'epoch', 'head'])) as (
      | string
      | null
    )[]
    const [kind, generation, epoch, headText] = meta
    const { where } = await this.#connection()
    if (kind === null && (await this.#send(['EXISTS', hash])) === 0) {
      throw failed(
        `Redis at ${where} has no hub named ${JSON.stringify(name)}: check \`name\` and the database`,
      )
    }
    if (kind !== '@sse/redis 1') {
      const isNewer = kind?.startsWith('@sse/redis')
      throw toSseError(new Error(isNewer ? 'SSENEWER' : 'SSEFOREIGN'), { where, name })
    }
    const head = Number(headText)
    const log = this.#keys.log(generation as string).log
    const [[first] = []] = (await this.#send(['XRANGE', log, '-', String(head), 'COUNT', '1'])) as [string?][]
    return {
      generation: generation as string,
      epoch: `${epoch}${await this.#replicationId()}`,
      head,
      oldest: first === undefined ? head + 1 : positionOf(first),
    }
  }

  /** The part of the epoch that changes with every promotion and restart; `''` where this user may not read it. */
  async #replicationId(): Promise<string> {
    const info = await this.#send(['INFO', 'replication']).catch(() => '')
    return /master_replid:(\w{1,12})/.exec(String(info))?.[1] ?? ''
  }

  #connection(): Promise<RedisConnection> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<RedisConnection> {
    const find = primaryFinder(this.#settings, this.#keys.hash)
    const connection = await RedisConnection.open(await find(), this.#settings)
    connection.onLost(() => {
      this.#opening = undefined
    })
    return connection
  }

  async #send(command: string[]): Promise<Reply> {
    const connection = await this.#connection()
    try {
      return await connection.send(command)
    } catch (error) {
      const { where } = connection
      if (connection.isLost) throw unavailable(`Redis at ${where} has closed the connection`, error)
      throw toSseError(error, { where, name: this.#settings.name })
    }
  }
}

const positionOf = (id: string): number => Number.parseInt(id, 10)

/** Fields are found by their names: other programs may have written others. */
function readEntry([id, fields]: [string, string[]]): Entry {
  const field = (name: string) => {
    const at = fields.findIndex((text, index) => index % 2 === 0 && text === name)
    return at < 0 ? null : (fields[at + 1] ?? null)
  }
  return toEntry([positionOf(id), field('c'), field('e'), field('d'), field('t'), field('k'), field('p')])
}
