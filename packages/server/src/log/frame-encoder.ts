import { SseError } from '@sse/contract'
import { encodeMessage, isReservedEvent } from '@sse/contract/protocol'
import { isThenable } from '../timing/is-thenable.ts'
import { isControlChannel } from './control-entry.ts'
import type { Entry } from './engine.ts'
import { formatId } from './id.ts'
import type { StoredFrame } from './stored-frame.ts'

const encoder = new TextEncoder()
const NO_BYTES = new Uint8Array(0)
const LINE_ENDS = /[\r\n]+/g
/** No subscription can name a longer one. */
const MAX_CHANNEL_CHARS = 256
/** Longest frame that this library's client takes, in characters. */
const MAX_CLIENT_CHARS = 16_777_216
/** Skipped entries remembered, so that each is reported once however often it is read. */
const MAX_REMEMBERED = 10_000

/**
 * The one gate between an engine and the wire: every entry, appended here or read back, becomes a frame in
 * `encodeFrame`. Another program may have written the entry, so nothing in it is trusted.
 */
export class FrameEncoder {
  readonly #texts: ReadonlySet<string> | undefined
  readonly #latestPerKey: (channel: string) => boolean
  readonly #onError: (error: unknown) => void
  readonly #maxChars: number
  readonly #skipped = new Set<string>()
  /** Number of entries that cannot be sent and were skipped. */
  skipped = 0

  /**
   * @param texts - names of the events whose payload is a text: stored as JSON, sent as it is.
   * @param maxEventBytes - largest payload that the hub takes itself.
   */
  constructor(
    latestPerKey: (channel: string) => boolean,
    onError: (error: unknown) => void,
    texts?: ReadonlySet<string>,
    maxEventBytes = 0,
  ) {
    this.#texts = texts
    this.#latestPerKey = latestPerKey
    this.#onError = onError
    this.#maxChars = Math.max(maxEventBytes, MAX_CLIENT_CHARS)
  }

  /**
   * Encodes an entry, or returns `undefined` if no frame can be made of it: an event name that is empty, reserved or
   * contains a line end, a field of the wrong type, a text that is no JSON string, more than clients take. Such an entry is counted and reported once. An entry of a reserved
   * channel has no frame either: it is not for subscribers.
   */
  encodeFrame(epoch: string, entry: Entry): StoredFrame | undefined {
    const { position, channel, event, data, key, at } = entry
    if (isControlChannel(channel)) return undefined
    const id = formatId({ epoch, position })
    try {
      if (typeof channel !== 'string' || channel === '') throw new TypeError('it has no channel')
      if (channel.length > MAX_CHANNEL_CHARS)
        throw new TypeError(`its channel has ${channel.length} characters`)
      if (typeof event !== 'string') throw new TypeError('its event name is not a string')
      if (typeof data !== 'string') throw new TypeError('its data is not a string')
      if (isReservedEvent(event)) throw new TypeError(`its event name "${event}" is reserved`)
      const shown = this.isText(event) ? readText(data) : toOneLine(data)
      const frame = encodeMessage({ id, event, data: shown })
      // A client that gets it would close its feed, and get it again when it is opened.
      if (frame.length > this.#maxChars) throw new TypeError(`it has ${frame.length} characters`)
      const bytes = encoder.encode(frame)
      const latestKey =
        typeof key === 'string' && this.#isLatestPerKey(channel) ? JSON.stringify([channel, key]) : undefined
      return { position, channel, event, latestKey, at: timeOf(at), bytes }
    } catch (cause) {
      this.skip(id, cause)
      return undefined
    }
  }

  /** Returns whether the data of an event's frame is the payload itself, not JSON. */
  isText(event: string): boolean {
    return this.#texts?.has(event) ?? false
  }

  /** Counts and reports an entry that cannot be delivered, once. */
  skip(id: string, cause: unknown): void {
    if (this.#skipped.has(id)) return
    if (this.#skipped.size >= MAX_REMEMBERED) this.#skipped.clear()
    this.#skipped.add(id)
    this.skipped += 1
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `The engine's entry ${id} cannot be delivered and is skipped: ${reason}`
    this.#onError(new SseError('engine_failed', message, { cause }))
  }

  #isLatestPerKey(channel: string): boolean {
    try {
      const answer: unknown = this.#latestPerKey(channel)
      if (isThenable(answer)) answer.then(undefined, this.#onError)
      return answer === true
    } catch (error) {
      this.#onError(error)
      return false
    }
  }
}

/** JSON contains raw line ends between tokens only: printed on one line it is the same value. */
function toOneLine(data: string): string {
  return data.includes('\n') || data.includes('\r') ? data.replace(LINE_ENDS, ' ') : data
}

function readText(data: string): string {
  const value: unknown = JSON.parse(data)
  if (typeof value !== 'string') throw new TypeError('its data is no JSON string, as text() requires')
  return value
}

/** Takes up the position of an entry that cannot be sent, so that the ring has no hole. */
export function blankFrame(position: number, at: number): StoredFrame {
  return { position, channel: '', event: '', latestKey: undefined, at: timeOf(at), bytes: NO_BYTES }
}

/** An entry without a valid time must not keep older ones in the ring. */
function timeOf(at: unknown): number {
  return typeof at === 'number' && at >= 0 ? at : 0
}
