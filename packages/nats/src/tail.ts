import type { Msg } from '@nats-io/transport-node'
import type { Entry } from '@sse/server/engine-kit'
import { toEntry } from './message.ts'

const MAX_ENTRIES = 2_000
const MAX_BYTES = 4_194_304

/** A message as it arrived. It is decoded when it is read: a hub reads little of what it has stored itself. */
interface Arrived {
  readonly message: Msg
  readonly position: number
  readonly at: number
}

/** The newest entries as the consumer delivered them, without a hole: a hub that keeps up reads them from here. */
export class Tail {
  #epoch = ''
  #entries: Arrived[] = []
  #bytes = 0

  get last(): number {
    return this.#entries.at(-1)?.position ?? 0
  }

  reset(epoch: string): void {
    this.#epoch = epoch
    this.#entries = []
    this.#bytes = 0
  }

  push(entry: Arrived): void {
    if (this.#entries.length > 0 && entry.position !== this.last + 1) this.reset(this.#epoch)
    this.#entries.push(entry)
    this.#bytes += sizeOf(entry.message)
    if (this.#entries.length > 2 * MAX_ENTRIES || this.#bytes > 2 * MAX_BYTES) this.#shorten()
  }

  /**
   * Returns the entries from `first` to `last` that are here, up to the one that reaches `maxBytes`; none if the first
   * is missing.
   */
  from(epoch: string, first: number, last: number, maxBytes: number): readonly Entry[] {
    const oldest = this.#entries[0]?.position ?? Number.POSITIVE_INFINITY
    if (epoch !== this.#epoch || first < oldest) return []
    const found: Entry[] = []
    let bytes = 0
    for (let index = first - oldest; index <= last - oldest && index < this.#entries.length; index += 1) {
      const { message, position, at } = this.#entries[index] as Arrived
      const { subject, data, headers } = message
      found.push(toEntry({ subject, data, headers, position, at }))
      bytes += data.length
      if (bytes >= maxBytes) break
    }
    return found
  }

  /** Shortens to half of the maximum, so that it does not happen at each entry. */
  #shorten(): void {
    let dropped = 0
    while (this.#entries.length - dropped > MAX_ENTRIES || this.#bytes > MAX_BYTES) {
      this.#bytes -= sizeOf((this.#entries[dropped] as Arrived).message)
      dropped += 1
    }
    this.#entries = this.#entries.slice(dropped)
  }
}

/** Size of subject, headers and payload, which the client library knows, although its type does not say so. */
function sizeOf(message: Msg): number {
  return (message as Msg & { size(): number }).size()
}
