import type { Engine } from '@sse/server/engine-kit'
import type { Beat } from './beats.ts'
import { type Place, placeOf } from './place.ts'

const PAGE = 500
const PAGE_BYTES = 4_194_304

/** All that is known of what was published, and of where it was stored. It outlives the logs that were lost. */
export class Truth {
  /** Each publication's channel and publisher, by its serial. */
  readonly publications = new Map<number, { channel: string; publisher: string }>()
  /** Serials that were acknowledged. */
  readonly acknowledged = new Set<number>()
  readonly #logs = new Map<string, Map<number, number>>()
  readonly problems: string[] = []

  intend(channel: string, publisher: string): number {
    const serial = this.publications.size + 1
    this.publications.set(serial, { channel, publisher })
    return serial
  }

  acknowledge(serial: number, id: string): void {
    this.acknowledged.add(serial)
    this.learn(placeOf(id), serial)
  }

  /** There can be one event only at a place, whoever tells of it. */
  learn({ epoch, position }: Place, serial: number): void {
    let log = this.#logs.get(epoch)
    if (!log) {
      log = new Map()
      this.#logs.set(epoch, log)
    }
    const known = log.get(position)
    if (known === undefined) log.set(position, serial)
    else if (known !== serial) this.problems.push(`${epoch}-${position} is both ${known} and ${serial}`)
  }

  /** Positions of all that is known to have been in a log on these channels, in order. */
  positionsOf(epoch: string, channels: readonly string[]): number[] {
    return [...(this.#logs.get(epoch) ?? [])]
      .filter(([, serial]) => channels.includes(this.publications.get(serial)?.channel ?? ''))
      .map(([position]) => position)
      .toSorted((a, b) => a - b)
  }

  /**
   * Reads the log that there is in the end, past every hub.
   *
   * @returns its epoch, and whose events it has, in order.
   */
  async audit(engine: Engine): Promise<{ epoch: string; oldest: number; serials: number[] }> {
    const serials: number[] = []
    let position: number | undefined
    for (;;) {
      const page = await engine.read(position ?? 0, { limit: PAGE, maxBytes: PAGE_BYTES })
      for (const entry of page.entries) {
        if (position !== undefined && entry.position !== position + 1)
          this.problems.push(`a hole before position ${entry.position}`)
        position = entry.position
        const { serial } = JSON.parse(entry.data) as Beat
        if (this.publications.get(serial)?.channel !== entry.channel)
          this.problems.push(`position ${position} holds what nobody published to ${entry.channel}`)
        this.learn({ epoch: page.epoch, position }, serial)
        serials.push(serial)
      }
      if (page.reached >= page.head) return { epoch: page.epoch, oldest: page.oldest, serials }
    }
  }
}
