import type { MsgHdrs } from '@nats-io/transport-node'
import type { Entry } from '@sse/server'
import type { Connection } from './connection.ts'
import type { SeenLog } from './log-watch.ts'
import { toEntry } from './stored-entry.ts'
import { toToken } from './subject-token.ts'

type Query = { readonly seq: number; readonly next_by_subj?: string }

/** Messages asked for at a time. */
const MAX_ASKED = 1_000

/** Reads single entries of a log: from any server that has it, without a consumer. */
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
      const some = await Promise.all(
        Array.from({ length: count }, (_, index) => this.#get({ seq: from + index })),
      )
      for (const entry of some) if (entry) entries.push(entry)
    }
    return entries
  }

  /** The next `limit` of some channels, up to the head: one question for each, and one more for each channel. */
  async ofChannels(channels: readonly string[], first: number, limit: number): Promise<Entry[]> {
    const { prefix, head } = this.#log
    const next = async (subject: string, seq: number) => {
      if (seq > head) return undefined
      const entry = await this.#get({ seq, next_by_subj: subject })
      return entry && entry.position <= head ? { subject, entry } : undefined
    }
    const begun = await Promise.all(channels.map((channel) => next(prefix + toToken(channel), first)))
    const waiting = begun.filter((candidate) => candidate !== undefined)
    const entries: Entry[] = []
    while (waiting.length > 0 && entries.length < limit) {
      const index = waiting.reduce(
        (least, { entry }, at) => (entry.position < positionAt(least) ? at : least),
        0,
      )
      const { subject, entry } = waiting[index] as (typeof waiting)[0]
      entries.push(entry)
      if (entries.length === limit) break
      const following = await next(subject, entry.position + 1)
      waiting.splice(index, 1, ...(following ? [following] : []))
    }
    return entries

    function positionAt(index: number): number {
      return (waiting[index] as (typeof waiting)[0]).entry.position
    }
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
