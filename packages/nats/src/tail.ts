import type { Entry } from '@sse/server'

const MAX_ENTRIES = 2_000
const MAX_CHARS = 4_194_304

/** The newest entries as the consumer brought them, without a hole: what a hub that keeps up reads. */
export class Tail {
  #epoch = ''
  #entries: Entry[] = []
  #chars = 0

  get last(): number {
    return this.#entries.at(-1)?.position ?? 0
  }

  reset(epoch: string): void {
    this.#epoch = epoch
    this.#entries = []
    this.#chars = 0
  }

  push(entry: Entry): void {
    if (this.#entries.length > 0 && entry.position !== this.last + 1) this.reset(this.#epoch)
    this.#entries.push(entry)
    this.#chars += entry.data.length
    if (this.#entries.length > 2 * MAX_ENTRIES || this.#chars > 2 * MAX_CHARS) this.#shorten()
  }

  /** Those from `first` to `last` that are here, if the first is. */
  from(epoch: string, first: number, last: number): readonly Entry[] {
    const oldest = this.#entries[0]?.position ?? Number.POSITIVE_INFINITY
    if (epoch !== this.#epoch || first < oldest) return []
    return this.#entries.slice(first - oldest, Math.max(0, last - oldest + 1))
  }

  /** To half of what it may be, so that it does not happen at each entry. */
  #shorten(): void {
    let dropped = 0
    while (this.#entries.length - dropped > MAX_ENTRIES || this.#chars > MAX_CHARS) {
      this.#chars -= (this.#entries[dropped] as Entry).data.length
      dropped += 1
    }
    this.#entries = this.#entries.slice(dropped)
  }
}
