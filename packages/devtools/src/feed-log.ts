import type { FeedStatus, InvalidEvent } from '@sse/client'
import type { FeedOrigin } from '@sse/client/inspect'
import type { TransportNote } from '@sse/client/transport'
import { type Redact, redactData, redactMessage, redactUrl } from './redact.ts'
import { Ring } from './ring.ts'
import { utf8Length } from './utf8-length.ts'

/** Maximum number of events kept per feed, the newest. */
export const MAX_EVENTS = 300
/** Maximum number of status changes kept per feed, the newest. */
export const MAX_CHANGES = 100
/** Maximum number of characters kept of one event's data. */
export const MAX_DATA_LENGTH = 10_000

/** Vendor of the schema `text()`, by which it is recognised in the contract of any copy of the package. */
const TEXT_VENDOR = '@sse/contract/text'

export interface EventEntry {
  /** `unknown`: the name is not in the contract. `control`: an event of the library, `sse.*`. */
  kind: 'event' | 'unknown' | 'control' | 'gap' | 'invalid'
  /** Position among all entries of the feed. */
  readonly order: number
  /** Time in milliseconds since the epoch. */
  readonly at: number
  readonly name: string
  /** Last event id at that time; `''` if there was none. */
  readonly id: string
  /** Size of the complete data on the wire. */
  readonly bytes: number
  /** First `MAX_DATA_LENGTH` characters, redacted. */
  readonly data: string
  readonly isCut: boolean
  /** Whether the data is the payload itself, not JSON. */
  readonly isText: boolean
  /** Reason why the event is invalid. */
  problem?: string
}

export interface StatusEntry {
  readonly kind: 'status'
  readonly order: number
  readonly at: number
  readonly status: FeedStatus
}

export type LogEntry = EventEntry | StatusEntry

/** Record of one feed. Its memory is bounded. */
export class FeedLog {
  readonly url: string
  readonly method: string
  readonly transport: string
  /** Names of the headers; their values are not available. */
  readonly headers: string
  readonly events: Ring<EventEntry> = new Ring(MAX_EVENTS)
  readonly changes: Ring<StatusEntry> = new Ring(MAX_CHANGES)
  status: FeedStatus
  role: TransportNote['role']
  counts = { events: 0, bytes: 0, heartbeats: 0, gaps: 0, invalid: 0, drops: 0, unrecorded: 0 }
  readonly #names: readonly string[] | undefined
  readonly #contract: FeedOrigin['contract']
  readonly #redact: Redact
  #order = 0

  constructor(origin: FeedOrigin, status: FeedStatus, redact: Redact) {
    const { url, method, headerNames, contract, transport } = origin
    this.url = redactUrl(url, redact)
    this.method = method
    this.transport = transport.name.replace(/Transport$/, '') || 'custom'
    this.headers = headerNames?.join(', ') ?? 'from a function'
    this.#names = contract && Object.keys(contract.events)
    this.#contract = contract
    this.#redact = redact
    this.status = this.#redacted(status)
    this.#push(this.status)
  }

  onStatus(status: FeedStatus): void {
    const isSame =
      this.status.state === 'connecting' &&
      status.state === 'connecting' &&
      this.status.attempt === status.attempt
    this.status = this.#redacted(status)
    if (status.state === 'waiting') this.counts.drops += 1
    if (!isSame) this.#push(this.status)
  }

  /** @param isRecorded - `false` only counts the event. */
  onMessage(name: string, data: string, id: string, isRecorded: boolean): void {
    const bytes = utf8Length(data)
    this.counts.bytes += bytes
    if (name === 'sse.heartbeat') {
      this.counts.heartbeats += 1
      return
    }
    const kind = this.#kindOf(name)
    if (kind === 'gap') this.counts.gaps += 1
    else if (kind !== 'control') this.counts.events += 1
    if (!isRecorded) {
      this.counts.unrecorded += 1
      return
    }
    const shown = redactData(data, this.#redact)
    this.#order += 1
    this.events.push({
      kind,
      order: this.#order,
      at: Date.now(),
      name,
      id,
      bytes,
      data: shown.slice(0, MAX_DATA_LENGTH),
      isCut: shown.length > MAX_DATA_LENGTH,
      isText: this.#contract?.events[name]?.['~standard'].vendor === TEXT_VENDOR,
    })
  }

  /** Marks the last event as invalid. */
  onInvalid({ event, data, error }: InvalidEvent, isRecorded: boolean): void {
    this.counts.invalid += 1
    const last = isRecorded ? this.events.last : undefined
    if (last?.name !== event) return
    last.kind = 'invalid'
    // The message may quote the data.
    last.problem = redactData(data, this.#redact) === data ? error.message : error.code
  }

  /** Forgets everything except the current status. */
  clear(): void {
    this.events.clear()
    this.changes.clear()
    this.counts = { events: 0, bytes: 0, heartbeats: 0, gaps: 0, invalid: 0, drops: 0, unrecorded: 0 }
    this.#push(this.status)
  }

  #push(status: FeedStatus): void {
    this.#order += 1
    this.changes.push({ kind: 'status', order: this.#order, at: Date.now(), status })
  }

  #redacted(status: FeedStatus): FeedStatus {
    if (status.end?.message) {
      return { ...status, end: { ...status.end, message: redactData(status.end.message, this.#redact) } }
    }
    if (!('error' in status)) return status
    const message = redactMessage(status.error.message, this.#redact)
    return { ...status, error: Object.create(status.error, { message: { value: message } }) }
  }

  #kindOf(name: string): EventEntry['kind'] {
    if (name === 'sse.gap') return 'gap'
    if (name.startsWith('sse.')) return 'control'
    return this.#names?.includes(name) === false ? 'unknown' : 'event'
  }
}
