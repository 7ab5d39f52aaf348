import { errors, type MsgHdrs } from '@nats-io/transport-node'
import { type Entry, utf8Length } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import type { SeenLog } from './epoch.ts'
import { isNoResponder } from './errors.ts'
import { toEntry } from './message.ts'
import { SilenceLimit } from './silence-limit.ts'
import { toToken } from './subjects.ts'

type Query = { readonly seq: number; readonly next_by_subj?: string }

/** Maximum of a page, or of what is left of one. */
export interface PageBudget {
  readonly limit: number
  readonly maxBytes: number
}

/** Maximum number of messages requested at a time, from a server that returns many for one request. */
const MAX_BATCH = 1_000
/** Requests in flight: of single messages, and of channels. */
const MAX_REQUESTS = 16
/** A request waits no longer than this, whatever the replies to others. */
const MAX_WAIT_MS = 25_000
/** Size of the single messages in flight, if they are as large as the largest so far. */
const MAX_BYTES_IN_FLIGHT = 4_194_304

/**
 * Reads entries of a log, from any server that has it, without a consumer. However large the entries are, it requests a
 * few more than the page takes.
 */
export class MessageReader {
  readonly #connection: NatsConnection
  readonly #stream: string
  readonly #log: SeenLog
  readonly #silence: SilenceLimit

  constructor(connection: NatsConnection, stream: string, log: SeenLog) {
    this.#connection = connection
    this.#stream = stream
    this.#log = log
    this.#silence = new SilenceLimit(connection.timeoutMs, () => new errors.TimeoutError())
  }

  /**
   * Resolves with the entries from `first` to `last` that exist, up to the one that reaches `maxBytes`.
   *
   * @returns `reached` is the position up to which it has looked.
   */
  async range(
    first: number,
    last: number,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): Promise<{ entries: Entry[]; reached: number }> {
    const entries: Entry[] = []
    let bytes = 0
    let next = first
    for await (const { position, entry } of this.#each(first, last, () => maxBytes - bytes)) {
      next = position + 1
      if (!entry) continue
      entries.push(entry)
      bytes += utf8Length(entry.data)
      if (bytes >= maxBytes) break
    }
    return { entries, reached: next - 1 }
  }

  /** Yields each position from `first` to `last`, with its entry if it exists. */
  async *#each(first: number, last: number, bytesLeft: () => number) {
    let next = first
    while (next <= last) {
      const batch = await this.#batch({ seq: next }, Math.min(MAX_BATCH, last - next + 1), bytesLeft())
      for (const entry of batch) {
        // Missing in between: deleted by hand, or not yet on the replica that has answered.
        for (; next < entry.position && next <= last; next += 1) {
          yield { position: next, entry: await this.#get({ seq: next }) }
        }
        if (entry.position !== next || next > last) continue
        yield { position: next, entry }
        next += 1
      }
      if (batch.length > 0) continue
      for await (const entry of this.#singly(next, Math.min(last, next + MAX_BATCH - 1))) {
        yield { position: next, entry }
        next += 1
      }
    }
  }

  /** Yields the messages of consecutive positions, requested one by one, several at a time. */
  async *#singly(first: number, last: number) {
    const requests: Promise<Entry | undefined>[] = []
    let largest = 1
    try {
      for (let next = first; next <= last || requests.length > 0; ) {
        const most = Math.min(MAX_REQUESTS, Math.max(1, Math.floor(MAX_BYTES_IN_FLIGHT / largest)))
        while (next <= last && requests.length < most) {
          const request = this.#get({ seq: next })
          request.catch(() => {}) // the reader may have stopped before it
          requests.push(request)
          next += 1
        }
        const entry = await requests.shift()
        largest = Math.max(largest, entry?.data.length ?? 0)
        yield entry
      }
    } finally {
      await Promise.allSettled(requests)
    }
  }

  /**
   * Resolves with the next entries of some channels, up to `until`: as many as a page takes.
   *
   * Costs one request for each channel's share, or for each message where the server has no batches, and one more at the
   * end of each channel. Channels are read in groups, each as far as the page of those before reaches.
   */
  async ofChannels(channels: readonly string[], first: number, budget: PageBudget): Promise<Entry[]> {
    let entries: Entry[] = []
    let until = this.#log.head
    for (let from = 0; from < channels.length; from += MAX_REQUESTS) {
      const group = channels.slice(from, from + MAX_REQUESTS)
      const found = await this.#ofGroup(group, first, until, budget)
      entries = [...entries, ...found].sort((a, b) => a.position - b.position)
      entries.length = countWithin(entries, budget)
      if (isFull(entries, budget)) until = (entries.at(-1) as Entry).position
    }
    return entries
  }

  async #ofGroup(
    channels: readonly string[],
    first: number,
    until: number,
    { limit, maxBytes }: PageBudget,
  ): Promise<Entry[]> {
    const { prefix } = this.#log
    const count = Math.min(MAX_BATCH, Math.ceil(limit / channels.length))
    const read = (subject: string, seq: number, bytes: number) =>
      this.#next(subject, seq, until, count, Math.ceil(bytes / channels.length))
    const begun = channels.map(async (channel) => {
      const subject = prefix + toToken(channel)
      return { subject, next: await read(subject, first, maxBytes) }
    })
    const waiting = (await Promise.all(begun)).filter(({ next }) => next.length > 0)
    const entries: Entry[] = []
    let bytes = 0
    while (waiting.length > 0 && entries.length < limit && bytes < maxBytes) {
      const index = waiting.reduce((least, _, at) => (firstOf(at) < firstOf(least) ? at : least), 0)
      const channel = waiting[index] as (typeof waiting)[0]
      const entry = channel.next.shift() as Entry
      entries.push(entry)
      bytes += utf8Length(entry.data)
      if (channel.next.length > 0 || entries.length === limit || bytes >= maxBytes) continue
      channel.next = await read(channel.subject, entry.position + 1, maxBytes - bytes)
      if (channel.next.length === 0) waiting.splice(index, 1)
    }
    return entries

    function firstOf(index: number): number {
      return waiting[index]?.next[0]?.position ?? Number.POSITIVE_INFINITY
    }
  }

  /** Resolves with some entries of one subject, up to `until`: with none only if there are none. */
  async #next(subject: string, seq: number, until: number, count: number, bytes: number): Promise<Entry[]> {
    if (seq > until) return []
    const query = { seq, next_by_subj: subject }
    let entries = await this.#batch(query, count, bytes)
    if (entries.length === 0) {
      const entry = await this.#get(query)
      entries = entry ? [entry] : []
    }
    return entries.filter(({ position }) => position <= until)
  }

  /** Resolves with the first of the entries requested: as many as the server, perhaps a replica, returns in one reply. */
  async #batch(query: Query, count: number, bytes: number): Promise<Entry[]> {
    const { nats, hasBatches, timeoutMs } = this.#connection
    const entries: Entry[] = []
    if (count === 1 || !this.#log.isDirect || !hasBatches) return entries
    const maxBytes = Math.max(1, Math.min(bytes, MAX_BYTES_IN_FLIGHT))
    const request = JSON.stringify({ ...query, batch: count, max_bytes: Math.ceil(maxBytes) })
    const replies = await nats.requestMany(`$JS.API.DIRECT.GET.${this.#stream}`, request, {
      strategy: 'sentinel',
      maxWait: timeoutMs,
      noMux: true,
    })
    try {
      for await (const { data, headers } of replies) {
        const entry = fromDirect(data, headers)
        // The end of the reply, or nothing found.
        if (!entry) break
        entries.push(entry)
        this.#silence.replied()
        // An older server in the cluster ignores `batch`.
        if (!headers?.has('Nats-Num-Pending')) break
      }
    } catch (error) {
      if (!isNoResponder(error)) throw error // see `#getDirect`
    }
    return entries
  }

  async #get(query: Query): Promise<Entry | undefined> {
    const { jsm } = this.#connection
    // A replica may not have it yet, and a busy 2.9 sometimes does not find what it has.
    const direct = this.#log.isDirect ? await this.#getDirect(query) : undefined
    if (direct) return direct
    const stored = await this.#silence.watch(jsm.streams.getMessage(this.#stream, query))
    if (!stored) return undefined
    const { subject, data, header, seq, timestamp } = stored
    return toEntry({ subject, data, headers: header, position: seq, at: Date.parse(timestamp) })
  }

  async #getDirect(query: Query): Promise<Entry | undefined> {
    const { nats, timeoutMs } = this.#connection
    const subject = `$JS.API.DIRECT.GET.${this.#stream}`
    try {
      const timeout = Math.max(timeoutMs, MAX_WAIT_MS)
      const reply = nats.request(subject, JSON.stringify(query), { timeout })
      const { data, headers } = await this.#silence.watch(reply)
      return fromDirect(data, headers)
    } catch (error) {
      // The client library takes a message with its own such status for an answer of the server.
      if (isNoResponder(error)) return undefined
      throw error
    }
  }
}

/** Returns the entry in a reply to a direct get; `undefined` if the reply is a status. */
function fromDirect(data: Uint8Array, headers: MsgHdrs | undefined): Entry | undefined {
  // The server adds its headers behind those of the message, which may have any.
  const headerOf = (name: string) => headers?.values(name).at(-1) ?? ''
  const position = Number(headerOf('Nats-Sequence'))
  if (!(position > 0)) return undefined
  return toEntry({
    data,
    headers,
    subject: headerOf('Nats-Subject'),
    position,
    at: Date.parse(headerOf('Nats-Time-Stamp')),
  })
}

/** Returns how many of the first entries fit a page: it ends with the one that reaches `maxBytes`. */
export function countWithin(entries: readonly Entry[], { limit, maxBytes }: PageBudget): number {
  let count = 0
  for (let bytes = 0; count < entries.length && count < limit && bytes < maxBytes; count += 1) {
    bytes += utf8Length((entries[count] as Entry).data)
  }
  return count
}

/** Returns whether no entry may follow on the page. */
export function isFull(entries: readonly Entry[], { limit, maxBytes }: PageBudget): boolean {
  if (entries.length >= limit) return true
  return entries.reduce((bytes, { data }) => bytes + utf8Length(data), 0) >= maxBytes
}
