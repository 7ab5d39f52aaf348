/**
 * Reads a log without opening it as an engine: for tools.
 *
 * @module
 */
import type { StreamInfo } from '@nats-io/jetstream'
import {
  failed,
  type Listed,
  type LogInspector,
  type Member,
  type Page,
  type SubscriberCommit,
} from '@sse/server/engine-kit'
import { parseCommit } from './commits.ts'
import { NatsConnection } from './connection.ts'
import { readLog } from './epoch.ts'
import { codeOf, isNoResponder, NO_JETSTREAM, STREAM_NOT_FOUND, toSseError } from './errors.ts'
import { inParallel } from './in-parallel.ts'
import { MessageReader } from './message-reader.ts'
import { type NatsOptions, type NatsSettings, parseOptions } from './options.ts'
import { readMark } from './streams.ts'
import { fromToken, HubNames } from './subjects.ts'

/**
 * Returns an inspector of a hub's log on NATS JetStream. Uses one connection, which opens at first use, and requests that
 * read only: a user who may publish to `$JS.API.STREAM.INFO.*`, `$JS.API.STREAM.MSG.GET.*` and `$JS.API.DIRECT.GET.>` can
 * run it.
 *
 * @throws {SseError} `option_invalid`.
 */
export function inspectNats(options: NatsOptions | string = {}): LogInspector {
  return new NatsInspector(parseOptions(options))
}

class NatsInspector implements LogInspector {
  readonly #settings: NatsSettings
  readonly #names: HubNames
  #opening: Promise<NatsConnection> | undefined

  constructor(settings: NatsSettings) {
    this.#settings = settings
    this.#names = new HubNames(settings.hub)
  }

  read(after: number, { limit, maxBytes }: { limit: number; maxBytes: number }): Promise<Page> {
    return this.#run(async (connection) => {
      const { logStream, hub } = this.#names
      const info = await find(connection, logStream)
      if (!info) {
        throw failed(
          `NATS at ${connection.where} has no hub named ${JSON.stringify(hub)}: check \`name\` and the account`,
        )
      }
      const log = readLog(info, readMark(info, connection.where), this.#names, connection.where)
      const { epoch, head, oldest } = log
      const first = Math.max(after + 1, oldest)
      const last = Math.min(head, first + limit - 1)
      if (limit === 0 || first > last)
        return { epoch, head, oldest, entries: [], reached: Math.max(after, head) }
      const { entries, reached } = await new MessageReader(connection, logStream, log).range(
        first,
        last,
        maxBytes,
      )
      return { epoch, head, oldest, entries, reached }
    })
  }

  commits(limit: number): Promise<Listed<SubscriberCommit>> {
    return this.#run(async (connection) => {
      const { commitStream, commits } = this.#names
      const { subjects, total } = await listSubjects(connection, commitStream, `${commits}.>`)
      const items: SubscriberCommit[] = []
      await inParallel(subjects.slice(0, limit), async (subject) => {
        const message = await connection.jsm.streams.getMessage(commitStream, { last_by_subj: subject })
        const commit = message && parseCommit(message.string())
        if (commit) items.push({ subscriber: fromToken(subject.slice(commits.length + 1)), ...commit })
      })
      return { items, total }
    })
  }

  members(limit: number): Promise<Listed<Member>> {
    return this.#run(async (connection) => {
      const { presenceStream, presence } = this.#names
      const { subjects, now } = await listSubjects(connection, presenceStream, `${presence}.member.>`)
      const members = subjects.map(
        (subject) => subject.split('.').slice(-4) as [string, string, string, string],
      )
      const lives = new Map<string, string>()
      await inParallel(new Set(members.map(([, process]) => process)), async (process) => {
        const query = { last_by_subj: `${presence}.process.${process}` }
        const message = await connection.jsm.streams.getMessage(presenceStream, query)
        const [life = '', ttlMs] = message?.string().split(' ') ?? []
        if (message && message.time.getTime() + Number(ttlMs) > now) lives.set(process, life)
      })
      const found = new Map<string, Member>()
      for (const [channel, process, life, identity] of members) {
        if (lives.get(process) !== life) continue
        found.set(`${channel}.${identity}`, { channel: fromToken(channel), identity: fromToken(identity) })
      }
      const items = [...found.values()]
      return { items: items.slice(0, limit), total: items.length }
    })
  }

  async close(): Promise<void> {
    const connection = await this.#opening?.catch(() => undefined)
    await connection?.destroy()
  }

  async #run<Result>(work: (connection: NatsConnection) => Promise<Result>): Promise<Result> {
    if ((await this.#opening?.catch(() => undefined))?.isLost) this.#opening = undefined
    this.#opening ??= NatsConnection.open(this.#settings)
    const connection = await this.#opening.catch((error) => {
      this.#opening = undefined
      throw error
    })
    const { where, nats, timeoutMs } = connection
    try {
      return await work(connection)
    } catch (error) {
      if (isNoResponder(error) && !nats.info?.jetstream)
        throw failed(`NATS at ${where} ${NO_JETSTREAM}`, error)
      throw toSseError(error, { where, hub: this.#names.hub, timeoutMs })
    }
  }
}

/** Resolves with the description of a stream; `undefined` if there is none. */
async function find(
  { jsm }: NatsConnection,
  stream: string,
  options?: { subjects_filter: string },
): Promise<(StreamInfo & { ts?: string }) | undefined> {
  try {
    return await jsm.streams.info(stream, options)
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

/** Resolves with the subjects of a stream that match, and the server's time, which older servers do not send. */
async function listSubjects(
  connection: NatsConnection,
  stream: string,
  filter: string,
): Promise<{ subjects: string[]; total: number; now: number }> {
  const info = await find(connection, stream, { subjects_filter: filter })
  const subjects = Object.keys(info?.state.subjects ?? {})
  return { subjects, total: subjects.length, now: Date.parse(info?.ts ?? '') || Date.now() }
}
