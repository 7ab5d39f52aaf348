import type { Commit, Entry } from '../hub/engine.ts'
import { createEpoch } from '../hub/id.ts'

export interface StoredEntry extends Entry {
  readonly idempotencyKey?: string | undefined
}

/** What outlives the engines on it. */
export class FaultyStore {
  readonly epoch: string = createEpoch()
  entries: StoredEntry[] = []
  head = 0
  /** Whether a position was given out twice already. */
  isDoubled = false
  readonly commits = new Map<string, Commit>()
  readonly callbacks = new Set<() => void>()
  #byChannel = new Map<string, StoredEntry[]>()

  write(fresh: readonly StoredEntry[]): void {
    const isInOrder = (fresh[0]?.position ?? 0) > (this.entries.at(-1)?.position ?? 0)
    if (!isInOrder) return this.keep([...this.entries, ...fresh].sort((a, b) => a.position - b.position))
    for (const entry of fresh) this.#push(entry)
  }

  keep(entries: readonly StoredEntry[]): void {
    this.entries = []
    this.#byChannel = new Map()
    for (const entry of entries) this.#push(entry)
  }

  #push(entry: StoredEntry): void {
    this.entries.push(entry)
    const own = this.#byChannel.get(entry.channel)
    if (own) own.push(entry)
    else this.#byChannel.set(entry.channel, [entry])
  }

  inChannels(channels: readonly string[]): StoredEntry[] {
    return [...new Set(channels)]
      .flatMap((channel) => this.#byChannel.get(channel) ?? [])
      .sort((a, b) => a.position - b.position)
  }

  /** What a crash leaves, out of reach of the engines before it; `lost` are its newest entries. */
  copy(lost = 0): FaultyStore {
    const copy = new FaultyStore()
    Object.assign(copy, { epoch: this.epoch })
    copy.head = Math.max(0, this.head - lost)
    copy.keep(this.entries.filter(({ position }) => position <= copy.head))
    for (const [subscriber, commit] of this.commits) copy.commits.set(subscriber, commit)
    return copy
  }
}
