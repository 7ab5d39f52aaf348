import type { Engine, Entry } from '@sse/server'
import { BrokenPromise, check } from '../broken-promise.ts'
import type { Content, Publication } from './publication.ts'
import { ReferenceLog } from './truth-log.ts'

const PAGE = 200

/**
 * What must be true, whatever the hubs do: every publication, where it was stored, and how far each log goes.
 * It looks at the engine itself, past every hub.
 */
export class Truth {
  readonly #publications = new Map<number, Publication>()
  readonly #logs = new Map<string, ReferenceLog>()
  readonly #acknowledged: { epoch: string; position: number; publication: Publication }[] = []
  #current: ReferenceLog | undefined
  #nextSerial = 1

  /** The log there is now. */
  get log(): ReferenceLog {
    return this.#current as ReferenceLog
  }

  /** The log of an epoch; `undefined` for one that never was. */
  logOf(epoch: string): ReferenceLog | undefined {
    return this.#logs.get(epoch)
  }

  get epochs(): string[] {
    return [...this.#logs.keys()]
  }

  /** Notes what is about to be published. */
  intend(publication: Omit<Publication, 'serial' | 'data'>, bulk: string): Publication {
    const serial = this.#nextSerial
    this.#nextSerial += 1
    const data = JSON.stringify({ serial, bulk } satisfies Content)
    const noted = { ...publication, serial, data }
    this.#publications.set(serial, noted)
    return noted
  }

  /** Notes what a hub has acknowledged. */
  acknowledge(publication: Publication, { epoch, position }: { epoch: string; position: number }): void {
    this.#acknowledged.push({ epoch, position, publication })
  }

  /** Which publication a payload is of. */
  identify(data: string | undefined): Publication | undefined {
    const { serial } = JSON.parse(data || '{}') as Partial<Content>
    const publication = this.#publications.get(serial ?? 0)
    return publication?.data === data ? publication : undefined
  }

  /** Looks at the engine. @throws {BrokenPromise} when it is not what was acknowledged. */
  async audit(engine: Engine): Promise<void> {
    const state = await engine.read(0, 0)
    let log = this.#logs.get(state.epoch)
    if (!log) {
      log = new ReferenceLog(state.epoch, state.oldest)
      this.#logs.set(state.epoch, log)
    }
    if (this.#current && this.#current !== log) this.#current.isGone = true
    this.#current = log
    check(
      state.head >= log.head,
      'an epoch whose log has lost entries is another epoch',
      `${state.epoch} had reached ${log.head}, and now ends at ${state.head}`,
    )
    log.trimTo(state.oldest)
    let from = Math.max(log.head, state.oldest - 1)
    for (;;) {
      const page = await engine.read(from, PAGE)
      if (page.oldest > from + 1) {
        // A hub looks at its retention now and then: on a slow machine between the two reads.
        log.trimTo(page.oldest)
        from = page.oldest - 1
      }
      for (const entry of page.entries) {
        check(entry.position === from + 1, 'positions have no holes', `${entry.position} after ${from}`)
        log.learn(entry.position, this.#publicationOf(entry))
        from = entry.position
      }
      if (page.entries.length < PAGE) break
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
    throw new BrokenPromise('the log holds what was published', JSON.stringify(entry))
  }

  #checkAcknowledged(): void {
    for (const { epoch, position, publication } of this.#acknowledged.splice(0)) {
      const log = this.#logs.get(epoch)
      check(log !== undefined, 'an id names a log that there was', epoch)
      check(
        log.isGone || position <= log.head,
        'what was acknowledged is in the log',
        `${position} is not: it ends at ${log.head}`,
      )
      const held = log.at(position)
      if (!held) {
        // Stored and trimmed before anybody looked, or just before the whole log went. Whose it is can be told
        // only where it may not be a second publication with the key of the first.
        const isUnseen = position < log.oldest || log.isGone
        if (isUnseen && publication.idempotencyKey === undefined) log.learn(position, publication)
        continue
      }
      const isDouble =
        held.idempotencyKey !== undefined &&
        held.idempotencyKey === publication.idempotencyKey &&
        held.channel === publication.channel
      check(
        held.serial === publication.serial || isDouble,
        'an id that was acknowledged is of that event',
        `position ${position} holds publication ${held.serial}, not ${publication.serial}`,
      )
    }
  }
}
