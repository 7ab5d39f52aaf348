import type { Engine, Entry } from '@sse/server/engine-kit'
import { BrokenPromise, check } from '../broken-promise.ts'
import { type Content, isLatestPerKey, type Publication } from './publication.ts'
import { ReferenceLog } from './reference-log.ts'

const PAGE = 200
const PAGE_BYTES = 1_048_576

/**
 * What hubs are checked against: every publication, where it was stored, and the extent of each log. It reads the
 * engine directly, past every hub.
 */
export class Reference {
  readonly #publications = new Map<number, Publication>()
  readonly #logs = new Map<string, ReferenceLog>()
  readonly #acknowledged: { epoch: string; position: number; publication: Publication }[] = []
  #current: ReferenceLog | undefined
  #nextSerial = 1

  /** The current log. */
  get log(): ReferenceLog {
    return this.#current as ReferenceLog
  }

  /** Returns the log of an epoch, or `undefined` for an unknown one. */
  logOf(epoch: string): ReferenceLog | undefined {
    return this.#logs.get(epoch)
  }

  get epochs(): string[] {
    return [...this.#logs.keys()]
  }

  /** Records a publication before it is published. */
  intend(publication: Omit<Publication, 'serial' | 'data'>, bulk: string): Publication {
    const serial = this.#nextSerial
    this.#nextSerial += 1
    const data = JSON.stringify({ serial, bulk } satisfies Content)
    const noted = { ...publication, serial, data }
    this.#publications.set(serial, noted)
    return noted
  }

  /** Records that a hub has acknowledged a publication. */
  acknowledge(publication: Publication, { epoch, position }: { epoch: string; position: number }): void {
    this.#acknowledged.push({ epoch, position, publication })
  }

  /** Returns the publication that a payload belongs to. */
  identify(data: string | undefined): Publication | undefined {
    const { serial } = JSON.parse(data || '{}') as Partial<Content>
    const publication = this.#publications.get(serial ?? 0)
    return publication?.data === data ? publication : undefined
  }

  /** Reads the engine. @throws {BrokenPromise} when it contains anything but what was acknowledged. */
  async audit(engine: Engine): Promise<void> {
    const state = await engine.read(0, { limit: 0, maxBytes: 0 })
    let log = this.#logs.get(state.epoch)
    if (!log) {
      log = new ReferenceLog(state.epoch, state.oldest, isLatestPerKey)
      this.#logs.set(state.epoch, log)
    }
    if (this.#current && this.#current !== log) this.#current.isGone = true
    this.#current = log
    check(
      state.head >= log.head,
      'a log that has lost entries has another epoch',
      `${state.epoch} had reached ${log.head}, and now ends at ${state.head}`,
    )
    log.trimTo(state.oldest)
    let from = Math.max(log.head, state.oldest - 1)
    for (;;) {
      const page = await engine.read(from, { limit: PAGE, maxBytes: PAGE_BYTES })
      if (page.oldest > from + 1) {
        // A hub trims from time to time: on a slow machine between the two reads.
        log.trimTo(page.oldest)
        from = page.oldest - 1
      }
      for (const entry of page.entries) {
        check(entry.position === from + 1, 'positions have no holes', `${entry.position} after ${from}`)
        log.learn(entry.position, this.#publicationOf(entry))
        from = entry.position
      }
      if (page.reached >= page.head) break
      check(
        page.reached === from,
        'a page of all channels reaches its last entry',
        `${page.reached}, not ${from}`,
      )
    }
    check(from === state.head, 'the log is readable up to `head`', `${from} of ${state.head}`)
    log.reach(state.head)
    log.checkIdempotency()
    this.#checkAcknowledged()
  }

  #publicationOf(entry: Entry): Publication {
    const publication = this.identify(entry.data)
    const isSame =
      publication?.channel === entry.channel &&
      publication.event === entry.event &&
      publication.key === entry.key
    if (publication && isSame) return publication
    throw new BrokenPromise('the log contains what was published', JSON.stringify(entry))
  }

  #checkAcknowledged(): void {
    for (const { epoch, position, publication } of this.#acknowledged.splice(0)) {
      const log = this.#logs.get(epoch)
      check(log !== undefined, 'an id names a known log', epoch)
      check(
        log.isGone || position <= log.head,
        'an acknowledged entry is in the log',
        `${position} is not: it ends at ${log.head}`,
      )
      const stored = log.at(position)
      if (!stored) {
        // Stored and trimmed before it was read, or just before the whole log was lost. With an idempotency key it may be
        // the second publication of that key, and the position belongs to the first.
        const isUnseen = position < log.oldest || log.isGone
        if (isUnseen && publication.idempotencyKey === undefined) log.learn(position, publication)
        continue
      }
      const { channel, idempotencyKey } = publication
      const isDouble =
        idempotencyKey !== undefined && stored.idempotencyKey === idempotencyKey && stored.channel === channel
      check(
        stored.serial === publication.serial || isDouble,
        'an acknowledged id belongs to its event',
        `position ${position} contains publication ${stored.serial}, not ${publication.serial}`,
      )
    }
  }
}
