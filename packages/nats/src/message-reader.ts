import type { MsgHdrs } from '@nats-io/transport-node'
import type { Entry } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import type { SeenLog } from './epoch.ts'
import { toEntry } from './message.ts'
import { toToken } from './subjects.ts'

type Query = { readonly seq: number; readonly next_by_subj?: string }

/** Maximum number of messages requested at a time. */
const MAX_REQUESTED = 1_000
/** Minimum number requested of one channel of many. */
const MIN_SHARE = 16

/** Reads entries of a log, from any server that has it, without a consumer. */
export class MessageReader {
  readonly #connection: NatsConnection
  readonly #stream: string
  readonly #log: SeenLog

  constructor(connection: NatsConnection, stream: string, log: SeenLog) {
    this.#connection = connection
    this.#stream = stream
    this.#log = log
  }

  /** Resolves with the entries from `first` to `last` that exist. */
  async range(first: number, last: number): Promise<Entry[]> {
    const entries: Entry[] = []
    for (let from = first; from <= last; from += MAX_REQUESTED) {
      const count = Math.min(MAX_REQUESTED, last - from + 1)
      const batch = await this.#batch({ seq: from }, count)
      const known = new Map(batch.map((entry) => [entry.position, entry]))
      const some = await Promise.all(
        Array.from(
          { length: count },
          (_, index) => known.get(from + index) ?? this.#get({ seq: from + index }),
        ),
      )
      for (const entry of some) if (entry) entries.push(entry)
    }
    return entries
  }

  /**
   * Resolves with the next `limit` entries of some channels, up to the head. Costs one request for each channel's share,
   * or for each message where the server has no batches, and one more at the end of each channel.
   */
  async ofChannels(channels: readonly string[], first: number, limit: number): Promise<Entry[]> {
    const { prefix } = this.#log
    const share = Math.min(MAX_REQUESTED, Math.max(MIN_SHARE, Math.ceil(limit / channels.length)))
    const begun = channels.map(async (channel) => {
      const subject = prefix + toToken(channel)
      return { subject, next: await this.#next(subject, first, share) }
    })
    const waiting = (await Promise.all(begun)).filter(({ next }) => next.length > 0)
    const entries: Entry[] = []
    while (waiting.length > 0 && entries.length < limit) {
      const index = waiting.reduce((least, _, at) => (firstOf(at) < firstOf(least) ? at : least), 0)
      const channel = waiting[index] as (typeof waiting)[0]
      const entry = channel.next.shift() as Entry
      entries.push(entry)
      if (channel.next.length > 0 || entries.length === limit) continue
      channel.next = await this.#next(channel.subject, entry.position + 1, share)
      if (channel.next.length === 0) waiting.splice(index, 1)
    }
    return entries

    function firstOf(index: number): number {
      return waiting[index]?.next[0]?.position ?? Number.POSITIVE_INFINITY
    }
  }

  /** Resolves with at most `count` entries of one subject, up to the head: with none only if the log has none. */
  async #next(subject: string, seq: number, count: number): Promise<Entry[]> {
    const { head } = this.#log
    if (seq > head) return []
    const query = { seq, next_by_subj: subject }
    let entries = await this.#batch(query, count)
    if (entries.length === 0) {
      const entry = await this.#get(query)
      entries = entry ? [entry] : []
    }
    return entries.filter(({ position }) => position <= head)
  }

  /** Resolves with the first of the entries requested: as many as the server, perhaps a replica, returns in one reply. */
  async #batch(query: Query, count: number): Promise<Entry[]> {
    const { nats, hasBatches, timeoutMs } = this.#connection
    const entries: Entry[] = []
    if (count === 1 || !this.#log.isDirect || !hasBatches) return entries
    const request = JSON.stringify({ ...query, batch: count })
    const replies = await nats.requestMany(`$JS.API.DIRECT.GET.${this.#stream}`, request, {
      strategy: 'sentinel',
      maxWait: timeoutMs,
      noMux: true,
    })
    for await (const { data, headers } of replies) {
      // The end of the reply, or nothing found.
      if (headers?.code !== 0) break
      entries.push(
        toEntry({
          data,
          headers,
          subject: headers.get('Nats-Subject'),
          position: Number(headers.get('Nats-Sequence')),
          at: Date.parse(headers.get('Nats-Time-Stamp')),
        }),
      )
      // An older server in the cluster ignores `batch`.
      if (!headers.has('Nats-Num-Pending')) break
    }
    return entries
  }

  async #get(query: Query): Promise<Entry | undefined> {
    const { jsm } = this.#connection
    if (this.#log.isDirect) {
      const found = await jsm.direct.getMessage(this.#stream, query)
      if (found) return toEntry(incoming(found))
      // A replica may not have it yet, and a busy 2.9 sometimes does not find what it has.
    }
    const stored = await jsm.streams.getMessage(this.#stream, query)
    return stored ? toEntry(incoming(stored)) : undefined
  }
}

interface StoredMessage {
  readonly subject: string
  readonly seq: number
  readonly data: Uint8Array
  readonly header: MsgHdrs
  readonly timestamp: string
}

function incoming({ subject, seq, data, header, timestamp }: StoredMessage) {
  return { subject, data, headers: header, position: seq, at: Date.parse(timestamp) }
}
