import { check } from '../broken-promise.ts'
import { isLatestPerKey, type Publication } from './publication.ts'

/** One log as it is: what was ever seen in it, also what has been trimmed since. */
export class ReferenceLog {
  readonly epoch: string
  /** Whether another log has taken its place: how far it got, nobody can tell any more. */
  isGone = false
  readonly #entries = new Map<number, Publication>()
  /** Position of the newest entry of each key, in the channels that deliver only that. */
  readonly #latest = new Map<string, number>()
  #oldest: number
  #head = 0

  constructor(epoch: string, oldest: number) {
    this.epoch = epoch
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
    check(oldest >= this.#oldest, '`oldest` never goes back', `${oldest} after ${this.#oldest}`)
    this.#oldest = oldest
  }

  reach(head: number): void {
    this.#head = head
  }

  learn(position: number, publication: Publication): void {
    const held = this.#entries.get(position)
    check(
      !held || held === publication,
      'a position is never given out twice within one epoch',
      `${position} was publication ${held?.serial}, and is ${publication.serial}`,
    )
    this.#entries.set(position, publication)
    const name = keyName(publication)
    if (name !== undefined) this.#latest.set(name, Math.max(this.#latest.get(name) ?? 0, position))
  }

  /** Among what is retained. */
  checkIdempotency(): void {
    const held = new Map<string, number>()
    for (let position = this.#oldest; position <= this.#head; position += 1) {
      const { channel, idempotencyKey } = this.at(position) ?? {}
      if (idempotencyKey === undefined) continue
      const key = `${channel} ${idempotencyKey}`
      check(
        !held.has(key),
        'an idempotency key stores one event',
        `${held.get(key)} and ${position} are of one`,
      )
      held.set(key, position)
    }
  }

  /** The first event of `channels` between two positions that nobody may leave out; `undefined` without one. */
  firstMissing(after: number, before: number, channels: readonly string[]): number | undefined {
    for (let position = after + 1; position < before; position += 1) {
      const publication = this.#entries.get(position)
      if (!publication || !channels.includes(publication.channel)) continue
      const name = keyName(publication)
      if (name === undefined || (this.#latest.get(name) === position && this.#isKnownFrom(position)))
        return position
    }
    return undefined
  }

  /** Position of the newest event of some channels; 0 without one. */
  lastOf(channels: readonly string[]): number {
    for (let position = this.#head; position > 0; position -= 1) {
      if (channels.includes(this.#entries.get(position)?.channel ?? '')) return position
    }
    return 0
  }

  /** Whether everything after a position was seen: else a newer event of its key may have been trimmed unseen. */
  #isKnownFrom(position: number): boolean {
    if (this.isGone) return false
    for (let next = position + 1; next <= this.#head; next += 1) if (!this.#entries.has(next)) return false
    return true
  }
}

function keyName({ channel, key }: Publication): string | undefined {
  return key !== undefined && isLatestPerKey(channel) ? `${channel} ${key}` : undefined
}
