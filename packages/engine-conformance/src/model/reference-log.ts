import { check } from '../broken-promise.ts'
import type { Publication } from './publication.ts'

/** One log as it must be: every entry ever seen in it, including trimmed ones. */
export class ReferenceLog {
  readonly epoch: string
  /** Whether another log has replaced it. Its real head is then unknown. */
  isGone = false
  readonly #entries = new Map<number, Publication>()
  readonly #isLatestPerKey: (channel: string) => boolean
  /** Position of the newest entry of each key, in channels that deliver only that. */
  readonly #latest = new Map<string, number>()
  #oldest: number
  #head = 0

  constructor(epoch: string, oldest: number, isLatestPerKey: (channel: string) => boolean) {
    this.epoch = epoch
    this.#isLatestPerKey = isLatestPerKey
    this.#oldest = oldest
  }

  get head(): number {
    return this.#head
  }

  get oldest(): number {
    return this.#oldest
  }

  at(position: number): Publication | undefined {
    return this.#entries.get(position)
  }

  trimTo(oldest: number): void {
    check(oldest >= this.#oldest, '`oldest` never moves back', `${oldest} after ${this.#oldest}`)
    this.#oldest = oldest
  }

  reach(head: number): void {
    this.#head = head
  }

  learn(position: number, publication: Publication): void {
    const known = this.#entries.get(position)
    check(
      !known || known === publication,
      'a position is never assigned twice within one epoch',
      `${position} was publication ${known?.serial}, and is ${publication.serial}`,
    )
    this.#entries.set(position, publication)
    const name = this.#keyName(publication)
    if (name !== undefined) this.#latest.set(name, Math.max(this.#latest.get(name) ?? 0, position))
  }

  /** Checks that no two retained entries share channel and idempotency key. */
  checkIdempotency(): void {
    const positions = new Map<string, number>()
    for (let position = this.#oldest; position <= this.#head; position += 1) {
      const { channel, idempotencyKey } = this.at(position) ?? {}
      if (idempotencyKey === undefined) continue
      const key = JSON.stringify([channel, idempotencyKey])
      check(
        !positions.has(key),
        'an idempotency key stores one event',
        `${positions.get(key)} and ${position} share the key ${key}`,
      )
      positions.set(key, position)
    }
  }

  /** Returns the first event of `channels` between two positions that a reader must get; `undefined` without one. */
  firstMissing(after: number, before: number, channels: readonly string[]): number | undefined {
    for (let position = after + 1; position < before; position += 1) {
      const publication = this.#entries.get(position)
      if (!publication || !channels.includes(publication.channel)) continue
      const name = this.#keyName(publication)
      if (name === undefined || (this.#latest.get(name) === position && this.#isKnownFrom(position)))
        return position
    }
    return undefined
  }

  /** Returns the position of the newest event of some channels, or 0. */
  lastOf(channels: readonly string[]): number {
    for (let position = this.#head; position > 0; position -= 1) {
      if (channels.includes(this.#entries.get(position)?.channel ?? '')) return position
    }
    return 0
  }

  /** Returns whether every entry after a position was seen: else a newer one of its key may have been trimmed unseen. */
  #isKnownFrom(position: number): boolean {
    if (this.isGone) return false
    for (let next = position + 1; next <= this.#head; next += 1) if (!this.#entries.has(next)) return false
    return true
  }

  #keyName({ channel, key }: Publication): string | undefined {
    return key !== undefined && this.#isLatestPerKey(channel) ? `${channel} ${key}` : undefined
  }
}
