import type { MsgHdrs } from '@nats-io/transport-node'
import type { Entry } from '@sse/server'
import type { Connection } from './connection.ts'
import type { SeenLog } from './log-watch.ts'
import { toEntry } from './stored-entry.ts'
import { toToken } from './subject-token.ts'

type Query = { readonly seq: number; readonly next_by_subj?: string }

/** Messages asked for at a time. */
const MAX_ASKED = 1_000
/** Of one channel of many. */
const MIN_SHARE = 16

/** Reads entries of a log: from any server that has it, without a consumer. */
export class MessageReader {
  readonly #connection: Connection
  readonly #stream: string
  readonly #log: SeenLog

  constructor(connection: Connection, stream: string, log: SeenLog) {
    this.#connection = connection
    this.#stream = stream
    this.#log = log
  }

  /** Those from `first` to `last`, as many as are there. */
  async range(first: number, last: number): Promise<Entry[]> {
    const entries: Entry[] = []
    for (let from = first; from <= last; from += MAX_ASKED) {
      const count = Math.min(MAX_ASKED, last - from + 1)
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
   * The next `limit` of some channels, up to the head. Costs each channel a question for its share, or for each
   * message where the server has no batches, and one more at its end.
   */
  async ofChannels(channels: readonly string[], first: number, limit: number): Promise<Entry[]> {
    const { prefix } = this.#log
    const share = Math.min(MAX_ASKED, Math.max(MIN_SHARE, Math.ceil(limit / channels.length)))
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

  /** The next of one subject, `count` at most and up to the head: none only if the log has none. */
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

  /** The first of those asked for: as many as the server, which may be a replica, has and gives in one answer. */
  async #batch(query: Query, count: number): Promise<Entry[]> {
    const { nats, hasBatches, timeoutMs } = this.#connection
    const entries: Entry[] = []
    if (count === 1 || !this.#log.isDirect || !hasBatches) return entries
    const question = JSON.stringify({ ...query, batch: count })
    const answers = await nats.requestMany(`$JS.API.DIRECT.GET.${this.#stream}`, question, {
      strategy: 'sentinel',
      maxWait: timeoutMs,
      noMux: true,
    })
    for await (const { data, headers } of answers) {
      // The end, or that there is none.
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
      // An older server in the cluster has not read how many.
      if (!headers.has('Nats-Num-Pending')) break
    }
    return entries
  }

  async #get(query: Query): Promise<Entry | undefined> {
    const { jsm } = this.#connection
    if (this.#log.isDirect) {
      const found = await jsm.direct.getMessage(this.#stream, query)
      if (found) return toEntry(incoming(found))
      // A replica may not have it yet, and a busy 2.9 says now and then that it has not what it has.
    }
    const stored = await jsm.streams.getMessage(this.#stream, query)
    return stored ? toEntry(incoming(stored)) : undefined
  }
}

interface Gotten {
  readonly subject: string
  readonly seq: number
  readonly data: Uint8Array
  readonly header: MsgHdrs
  readonly timestamp: string
}

function incoming({ subject, seq, data, header, timestamp }: Gotten) {
  return { subject, data, headers: header, position: seq, at: Date.parse(timestamp) }
}
